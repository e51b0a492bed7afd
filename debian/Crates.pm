package Crates;
# What cargo says of the crates that are compiled into a binary, for third-party and sbom.
use strict;
use warnings;
use JSON::PP ();

# cargo metadata: every crate of Cargo.lock that this machine's kind takes, as "name version" => what its Cargo.toml says. Of the
# others nothing is there where crates were fetched for a build here.
sub packages {
	my ($host) = output('rustc', '-vV') =~ /^host: (\S+)/m;
	my $all = JSON::PP::decode_json(output(@_, qw(metadata --locked --format-version 1 --filter-platform), $host));
	return map { ("$_->{name} $_->{version}" => $_) } @{ $all->{packages} };
}

# cargo tree of what is linked: [depth, "name version"] for each line. Macros and build scripts run at build time only.
sub tree {
	my ($cargo, @options) = @_;
	my @tree = ('tree', '--locked', '-e', 'normal,no-proc-macro', '--prefix', 'depth', '-f', ' {p}', @options);
	my @lines = split m{\n}, output(@$cargo, @tree);
	return map { m/^(\d+) (\S+) v(\S+)/ ? [$1, "$2 $3"] : () } @lines;
}

sub output {
	open my $out, '-|', @_ or die "$_[0]: $!\n";
	local $/;
	my $text = <$out>;
	close $out or die "@_ failed\n";
	return $text;
}

1;
