# make help says what there is.

PREFIX  ?= /usr
DESTDIR ?=
CARGO   ?= cargo
TARGET  := $(if $(CARGO_TARGET_DIR),$(CARGO_TARGET_DIR),target)
RELEASE := $(TARGET)/release
TRIPLET := $(shell gcc -print-multiarch 2>/dev/null || dpkg-architecture -qDEB_HOST_MULTIARCH 2>/dev/null)
# Where libpam looks for modules: /lib is /usr/lib on a merged /usr.
PAMDIR  ?= $(if $(filter /usr,$(PREFIX)),/usr/lib,$(PREFIX)/lib)$(if $(TRIPLET),/$(TRIPLET))/security
BINDIR  := $(DESTDIR)$(PREFIX)/bin
LIBEXEC := $(DESTDIR)$(PREFIX)/libexec
MANDIR  := $(DESTDIR)$(PREFIX)/share/man
MODULE  := $(DESTDIR)$(PAMDIR)/pam_insis_otp.so
CONFIG  := $(DESTDIR)/etc/security/insis-otp.toml
STORE   := $(DESTDIR)/var/lib/insis-otp
# The PAM service by which otp-helper has a person's password checked. An administrator's own stays.
SERVICE := $(DESTDIR)/etc/pam.d/otp-setup
GROUP   := insis-otp
# The system users that otp-idp and otp-fleet run as.
IDP_USER   := insis-otp-idp
FLEET_USER := insis-otp-fleet

comma   := ,
ROOT    := $(filter 0,$(shell id -u))
# cargo and rustup of the caller also work for root.
AS_ROOT := $(if $(ROOT),,sudo env PATH="$(PATH)" HOME="$(HOME)" $(if $(CARGO_HOME),CARGO_HOME="$(CARGO_HOME)") \
  $(if $(RUSTUP_HOME),RUSTUP_HOME="$(RUSTUP_HOME)") $(if $(CARGO_TARGET_DIR),CARGO_TARGET_DIR="$(CARGO_TARGET_DIR)") \
  $(if $(SNAPSHOTS),SNAPSHOTS="$(SNAPSHOTS)"))
MACHINE := $(AS_ROOT) tests/machine
NEXTEST := $(shell $(CARGO) nextest --version >/dev/null 2>&1 && echo yes)

# Debian packages, by what they are for. DEPS=no leaves packages alone.
DEPS       ?= yes
DEPS_BUILD := gcc libc6-dev libpam0g-dev
DEPS_DEMO  := bsdutils iproute2 oathtool openssh-client openssh-server passwd util-linux
DEPS_TEST  := $(DEPS_DEMO) ansible-core binutils btrfs-progs cups-client cups-daemon dropbear-bin fail2ban fonts-dejavu-core git imagemagick keepassxc \
  ldap-utils libpam-google-authenticator libpam-oath libpam-runtime libpam-wrapper login mosh openvpn pamtester perl policycoreutils \
  poppler-utils procps putty-tools python3-asyncssh python3-opencv python3-paramiko python3-pyotp python3-systemd \
  python3-zxing-cpp qrencode rsync selinux-policy-default selinux-utils setools slapd sshfs sssd-ldap strace sudo systemd valgrind vsftpd x11-utils xfonts-base xterm xvfb zbar-tools
# The directory's client in C, beside which make bench measures.
DEPS_BENCH    := $(DEPS_TEST) libldap-dev
# What only tests beside make test need: a client, and the servers of tests/services.
DEPS_CLIENTS  := $(DEPS_TEST) filezilla
DEPS_SERVICES := cockpit-bridge cockpit-ws curl dovecot-imapd freeradius freeradius-utils pkexec polkitd python3 rsyslog sasl2-bin xrdp
DEPS_DOCS     := mandoc python3
# Node.js of other makers brings npm along, and does not suffer Debian's beside it.
DEPS_APPS  := $(if $(shell command -v npm 2>/dev/null),,nodejs npm)
PACKAGES   := $(if $(filter no,$(DEPS)),@:,@tests/packages)

.PHONY: help deps deps-bench deps-build deps-demo deps-test build test check demo install uninstall lint clean bench
.DEFAULT_GOAL := help

help:
	@echo 'make demo        see it at work: a throwaway machine, a real sshd, a phone to pair (AUTO=1: plays the phone)'
	@echo '                IDP=1: the sign-in at an OpenID provider in place of a code'
	@echo '                FLEET=1: one pairing in a directory, and two hosts'
	@echo 'make build       the module, otp-setup, otp-helper, otp-fleet and otp-idp, in $(RELEASE)'
	@echo 'make test        every test, on a throwaway machine (T=name: those whose name contains it)'
	@echo '                T=transcripts SNAPSHOTS=overwrite: take the words of otp-setup as they are now'
	@echo 'make check       the tests within the crates, without root'
	@echo 'make bench       how fast, beside google-authenticator and pam_oath (DOCS=1: into docs/, ONLY="users ssh": a part)'
	@echo 'make lint        formatting, clippy, documentation; oldest Rust, cargo deny, shellcheck, typos, lintian where installed'
	@echo 'make install     as root; DESTDIR=, PREFIX=/usr and PAMDIR= say where (PREFIX to make build, too). Changes no PAM stack'
	@echo 'make uninstall   as root; leaves the configuration and the pairings'
	@echo 'make deps        the Debian packages for all of it (deps-build, deps-demo, deps-test for a part)'
	@echo 'make packages    the names of all of them, for a mirror without a network'
	@echo 'make po          the translations in po/ brought up to date with the texts in the source'
	@echo 'make docs        the pages and manual pages as HTML, with a search, in $(TARGET)/docs/html'
	@echo 'make picture     the pictures in README.md and docs/howto-pair.md anew'
	@echo 'make test-389        the store in a 389 Directory Server, whose packages go into the throwaway machine only, as root'
	@echo 'make test-packages   the packages on the Debian releases that are supported, as root'
	@echo 'make test-services   the models in config/pam.d with the servers that they are for, on a throwaway machine'
	@echo 'make test-ansible    the Ansible role and the cloud-init example, on throwaway machines'
	@echo 'make test-clients    the test of a client that takes a desktop along: FileZilla'
	@echo 'make sbom        what is compiled into each binary, as CycloneDX JSON'
	@echo 'make clean       what was built'

# For a mirror of one's own: a name a line.
.PHONY: packages
packages:
	@printf '%s\n' $(sort make $(DEPS_BUILD) $(DEPS_BENCH) $(DEPS_APPS) $(DEPS_DEB) $(DEPS_DOCS))

deps: deps-build deps-demo deps-test deps-bench
deps-build:
	$(PACKAGES) $(DEPS_BUILD)
deps-demo:
	$(PACKAGES) $(DEPS_DEMO)
deps-test: $(TARGET)/apps/node_modules/.package-lock.json
	$(PACKAGES) $(DEPS_TEST)
deps-bench: deps-test
	$(PACKAGES) $(DEPS_BENCH)
# An authenticator from npm, with checksums.
$(TARGET)/apps/node_modules/.package-lock.json: tests/apps/package-lock.json
	$(PACKAGES) $(DEPS_APPS)
	install -D -m 644 -t "$(TARGET)/apps" tests/apps/package.json tests/apps/package-lock.json
	cd "$(TARGET)/apps" && npm ci --ignore-scripts --no-audit --no-fund --silent && touch node_modules/.package-lock.json

# One after the other: together, the module would get what only the programs ask of the libraries that they share.
CRATES = pam_insis_otp otp-helper otp-fleet otp-idp otp-setup

build: deps-build
	@command -v $(CARGO) >/dev/null || { echo 'cargo is missing: install Rust 1.88 or newer with rustup' >&2; exit 1; }
	@for crate in $(CRATES); do echo "Building $$crate"; \
	  INSIS_OTP_HELPER="$(PREFIX)/libexec/otp-helper" $(CARGO) build --release --locked -p $$crate || exit 1; done

# The module with hooks that panic when told to, for the test that this is contained.
PANICKING = $(CARGO) build --locked -p pam_insis_otp --features deliberate-panic && \
  install -D "$(TARGET)/debug/libpam_insis_otp.so" "$(TARGET)/panicking/pam_insis_otp.so"

# The tests are built by the caller and run by root: what they need of the machine is thrown away, what they build is not.
# T= takes those whose name contains it.
ifeq ($(NEXTEST),yes)
test: build deps-test
	$(PANICKING)
	$(CARGO) nextest run --workspace --locked --no-run
	$(MACHINE) $(CARGO) nextest run --workspace --locked --offline $(T)
	$(if $(T),,$(CARGO) test --doc --workspace --locked)
else
test: build deps-test
	$(PANICKING)
	$(CARGO) test --workspace --locked --no-run
	$(MACHINE) $(CARGO) test --workspace --locked --offline $(T) -- --test-threads=1
endif

# What a person without root can run, and without packages but those for building: the tests within the crates, and the
# examples of the library's documentation.
check: deps-build
	$(CARGO) test --workspace --locked --lib --bins --exclude insis-otp-tests --exclude insis-otp-benches $(T) -- --skip as_root
	$(if $(T),,$(CARGO) test --doc -p insis_otp --locked)

# IDP=1: the sign-in at an OpenID provider, which npm brings. FLEET=1: a directory and two hosts.
DEPS_FLEET := ldap-utils openssl slapd
.PHONY: deps-fleet
deps-fleet: deps-demo
	$(PACKAGES) $(DEPS_FLEET)
demo: build $(if $(IDP),deps-test,$(if $(FLEET),deps-fleet,deps-demo))
	$(CARGO) build --locked -p insis-otp-tests --bin demo
	@$(MACHINE) env AUTO="$(AUTO)" IDP="$(IDP)" FLEET="$(FLEET)" "$(TARGET)/debug/demo"

# The marker says that this folder is the store: without it, nobody can tell an empty store from one that is not mounted. It
# belongs to the machine, and so to no package (DESTDIR).
MARK_STORE = if findmnt --fstab --noheadings "$(STORE)" >/dev/null 2>&1 && ! mountpoint -q "$(STORE)"; then \
  echo 'Mount $(STORE), then: install -m 644 -o root -g root /dev/null $(STORE)/.store' >&2; \
  elif ! test -e "$(STORE)/.store"; then install -m 644 -o root -g root /dev/null "$(STORE)/.store"; fi

# A running program keeps the module that it has: the new one takes its place by rename.
install:
	@test -e "$(RELEASE)/libpam_insis_otp.so" || { echo 'Nothing is built yet: run make build first' >&2; exit 1; }
	@test -n "$(DESTDIR)$(ROOT)" || { echo 'Only root can install here: sudo make install, or make install DESTDIR=...' >&2; exit 1; }
	$(if $(DESTDIR),,getent group $(GROUP) >/dev/null || groupadd --system $(GROUP))
	$(if $(DESTDIR),,for user in $(IDP_USER) $(FLEET_USER); do getent passwd "$$user" >/dev/null || \
	  useradd --system --user-group --home-dir / --no-create-home --shell /usr/sbin/nologin --comment "otp-$${user##*-}" "$$user" || \
	  exit 1; done)
	install -d "$(dir $(MODULE))" "$(BINDIR)" "$(LIBEXEC)" "$(dir $(CONFIG))"
	install -m 644 "$(RELEASE)/libpam_insis_otp.so" "$(MODULE).new"
	mv -f "$(MODULE).new" "$(MODULE)"
	install -m 755 "$(RELEASE)/otp-setup" "$(BINDIR)/otp-setup.new"
	mv -f "$(BINDIR)/otp-setup.new" "$(BINDIR)/otp-setup"
	install -m 755 $(if $(DESTDIR),,-g $(GROUP)) "$(RELEASE)/otp-helper" "$(LIBEXEC)/otp-helper.new"
	chmod 2755 "$(LIBEXEC)/otp-helper.new"
	mv -f "$(LIBEXEC)/otp-helper.new" "$(LIBEXEC)/otp-helper"
	@for program in otp-idp otp-fleet; do install -m 755 "$(RELEASE)/$$program" "$(LIBEXEC)/$$program.new" && \
	  mv -f "$(LIBEXEC)/$$program.new" "$(LIBEXEC)/$$program" || exit 1; done
	$(if $(DESTDIR),,install -d -m 2770 -g $(GROUP) /run/insis-otp-fleet)
	test -e "$(CONFIG)" || { sed 's|^helper = .*|helper = "$(PREFIX)/libexec/otp-helper"|' config/insis-otp.toml \
	  >"$(CONFIG).new" && chmod 644 "$(CONFIG).new" && mv "$(CONFIG).new" "$(CONFIG)"; }
	test -e "$(SERVICE)" || install -D -m 644 config/pam.d/otp-setup "$(SERVICE)"
	@for page in docs/man/*.[158]; do \
	  install -D -m 644 "$$page" "$(MANDIR)/man$${page##*.}/$${page##*/}" || exit 1; done
	$(if $(DESTDIR),install -d -m 1730 "$(STORE)",install -d -m 1730 -o root -g $(GROUP) "$(STORE)")
	$(if $(DESTDIR),,@$(MARK_STORE))

uninstall:
	rm -f "$(MODULE)" "$(BINDIR)/otp-setup" "$(LIBEXEC)/otp-helper" "$(LIBEXEC)/otp-idp" "$(LIBEXEC)/otp-fleet"
	@for page in docs/man/*.[158]; do rm -f "$(MANDIR)/man$${page##*.}/$${page##*/}"; done
	@echo 'Left in place: $(CONFIG), $(SERVICE), the pairings in $(STORE), the group $(GROUP) and the users $(IDP_USER) and $(FLEET_USER).'
	@echo 'Take pam_insis_otp.so out of your PAM stacks: a stack that names a missing module refuses everybody.'

# What is missing on this machine is named, and not checked.
SCRIPTS := .ci/run fuzz/run tests/machine tests/packages tests/services tests/ansible tests/cloud-init $(wildcard tests/package/* debian/*.postinst debian/*.postrm \
  debian/*.prerm) debian/tests/installed debian/tests/logins
PERL    := debian/third-party debian/sbom
# The copy of the advisory database that "cargo deny fetch" gets.
ADVISORIES = $(wildcard $(or $(CARGO_HOME),$(HOME)/.cargo)/advisory-dbs/*/crates)
CHANGES    = $(wildcard ../pam-insis-otp_*.changes)
has = @if $(1) >/dev/null 2>&1; then echo '$(strip $(2))'; $(2); else echo '$(strip $(3))'; fi

.PHONY: lint-code lint-msrv lint-deny lint-scripts lint-texts lint-packages
lint: lint-code lint-msrv lint-deny lint-scripts lint-texts lint-packages

lint-code:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --workspace --no-deps --document-private-items --locked --quiet
	$(CARGO) metadata --locked --format-version 1 --manifest-path fuzz/Cargo.toml >/dev/null

# The oldest Rust that Cargo.toml promises, where rustup has it; nothing here makes rustup download one.
MSRV           = $(shell sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
MSRV_TOOLCHAIN = $(firstword $(shell rustup toolchain list 2>/dev/null | grep -E '^$(subst .,\.,$(MSRV))(\.[0-9]+)?-'))
lint-msrv:
	$(if $(MSRV_TOOLCHAIN),rustup run $(MSRV_TOOLCHAIN) cargo check --workspace --all-targets --locked --target-dir $(TARGET)/msrv,\
	  @echo 'Rust $(MSRV) is not installed (rustup toolchain install $(MSRV)): the build with the oldest Rust was not checked')

# cargo deny also looks at the crates that other systems would take.
lint-deny:
	$(call has,$(CARGO) deny --version,$(CARGO) fetch --locked --quiet && $(CARGO) deny --offline check --hide-inclusion-graph bans licenses sources,\
	  cargo-deny is not installed: bans and licences and sources and advisories were not checked)
	$(if $(ADVISORIES),$(call has,$(CARGO) deny --version,$(CARGO) deny --offline check --hide-inclusion-graph advisories,),\
	  @echo 'The advisory database is not there (cargo deny fetch): advisories were not checked')

lint-scripts:
	$(call has,command -v shellcheck,shellcheck -S warning $(SCRIPTS),shellcheck is not installed: scripts were not checked)
	$(call has,command -v ansible-lint,cd config/ansible && ansible-lint --offline --profile production -q .,\
	  ansible-lint is not installed: the Ansible role was not checked)
	$(call has,perl -MJSON::PP -e 1,for script in $(PERL); do perl -cw $$script || exit 1; done,perl is not installed: its scripts were not checked)

lint-texts:
	$(call has,command -v typos,typos,typos is not installed: spelling was not checked)

lint-packages:
	$(if $(CHANGES),$(call has,command -v lintian,lintian --allow-root --fail-on error$(comma)warning $(CHANGES),\
	  lintian is not installed: packages were not checked),\
	  @echo 'There are no packages (make deb): lintian was not run')

clean:
	$(CARGO) clean

# The Debian packages, in the directory above. debian/README.source says what the build takes from where.
DEPS_DEB := debhelper dh-apparmor dpkg-dev fakeroot

.PHONY: deb vendor
deb: deps-build
	$(PACKAGES) $(DEPS_DEB)
	dpkg-buildpackage -us -uc -b

# Texts that are new or have changed, into the files for translators; says what is left to translate.
.PHONY: po
po:
	@$(CARGO) run --quiet --locked -p catalogue -- .

# What is compiled into each binary, as CycloneDX JSON; the packages have the same (debian/rules).
.PHONY: sbom
sbom:
	@mkdir -p "$(TARGET)/sbom"
	@for binary in $(CRATES); do debian/sbom $$binary $(CARGO) >"$(TARGET)/sbom/$$binary.cdx.json" || exit 1; \
	  echo "$(TARGET)/sbom/$$binary.cdx.json"; done

# The packages on each release that is supported: built on Debian 12, installed, used, upgraded and removed on both; and built on
# Debian 13 as well. As root. It takes an hour, and a mirror of Debian's.
RELEASES     := bookworm trixie
DEPS_PACKAGE := debootstrap git iproute2
DEBIANS      := $(abspath $(TARGET))/package
# A 389 Directory Server takes longer to install than all tests of it: the packages are fetched here and installed in the throwaway machine.
DEPS_389     := 389-ds-base python3-argcomplete
PACKAGES_389 := $(abspath $(TARGET))/389-ds
.PHONY: test-389
test-389: build deps-test
	@mkdir -p "$(PACKAGES_389)/partial"
	$(AS_ROOT) apt-get install -qq -y --no-install-recommends --download-only -o Dir::Cache::archives="$(PACKAGES_389)" $(DEPS_389)
	$(CARGO) nextest run -p insis-otp-tests --locked --features 389-ds --test fleet_389 --no-run
	$(MACHINE) sh -c 'dpkg --install "$$0"/*.deb >/dev/null && exec "$$@"' "$(PACKAGES_389)" \
	  $(CARGO) nextest run -p insis-otp-tests --locked --offline --features 389-ds --test fleet_389 --test-threads 1 $(T)

.PHONY: test-packages
test-packages: deb
	$(PACKAGES) $(DEPS_PACKAGE)
	@mkdir -p "$(DEBIANS)/debs" && cp ../libpam-insis-otp_*.deb ../otp-fleet_*.deb ../otp-idp_*.deb ../otp-setup_*.deb "$(DEBIANS)/debs"
	@for release in $(RELEASES); do echo "Packages on $$release"; base="$(DEBIANS)/$$release"; \
	  $(AS_ROOT) tests/package/debian "$$base" $$release && \
	  for test in lifecycle installed first-login; do \
	    $(AS_ROOT) tests/package/$$test "$(DEBIANS)/debs" "$$base" || exit 1; done || exit 1; done
	$(AS_ROOT) tests/package/build "$(DEBIANS)/debs-trixie" "$(DEBIANS)/trixie"
	$(AS_ROOT) tests/package/installed "$(DEBIANS)/debs-trixie" "$(DEBIANS)/trixie"

# The servers are installed on the throwaway machine only.
.PHONY: test-services test-clients
SERVICES_DEBS := $(abspath $(TARGET))/services
test-services: build deps-demo
	@mkdir -p "$(SERVICES_DEBS)/partial"
	$(AS_ROOT) apt-get install -y -q --no-install-recommends --download-only -o Dir::Cache::archives="$(SERVICES_DEBS)" $(DEPS_SERVICES)
	$(MACHINE) tests/services "$(SERVICES_DEBS)"
test-clients: build deps-test
	$(PACKAGES) $(DEPS_CLIENTS)
	$(CARGO) test -p insis-otp-tests --locked --no-run --test clients
	$(MACHINE) $(CARGO) test -p insis-otp-tests --locked --offline --test clients -- --ignored

.PHONY: test-ansible
CLOUD_DEBS := $(abspath $(TARGET))/cloud-init
test-ansible: build deps-test
	$(MACHINE) tests/ansible
	@mkdir -p "$(CLOUD_DEBS)/partial"
	$(AS_ROOT) apt-get install -y -q --no-install-recommends --download-only -o Dir::Cache::archives="$(CLOUD_DEBS)" cloud-init
	$(MACHINE) tests/cloud-init "$(CLOUD_DEBS)"

# Everything that cargo would download, for builds without a network. debian/rules uses it when it is there.
vendor:
	$(CARGO) vendor --quiet --locked --versioned-dirs vendor >/dev/null

# mdBook is a Rust program that Debian does not have; where none is installed, this version is built into $(TARGET)/tools.
.PHONY: docs
MDBOOK_VERSION := 0.4.52
MDBOOK         := $(or $(shell command -v mdbook 2>/dev/null),$(abspath $(TARGET))/tools/bin/mdbook)
docs:
	$(PACKAGES) $(DEPS_DOCS)
	@test -x "$(MDBOOK)" || $(CARGO) install mdbook --version $(MDBOOK_VERSION) --locked --no-default-features --features search \
	  --root "$(TARGET)/tools"
	MDBOOK="$(MDBOOK)" docs/site/build "$(TARGET)/docs"

.PHONY: picture
picture: build deps-test
	$(CARGO) test -p insis-otp-tests --locked --no-run --test setup_screens
	$(MACHINE) env PICTURE="$(abspath docs/pairing.png)" $(CARGO) test -p insis-otp-tests --locked --offline \
	  --test setup_screens -- --ignored readmes_picture
	$(MACHINE) env PICTURES="$(abspath docs/pictures)" $(CARGO) test -p insis-otp-tests --locked --offline \
	  --test setup_screens -- --ignored pictures_of_each_step

# Everybody is measured in the same run and in turn: only the ratios can be compared with those of another run.
bench: build deps-bench
	$(CARGO) build --release --locked -p insis-otp-benches -p insis-otp-tests --bins
	@mkdir -p "$(TARGET)/bench"
	$(if $(filter directory,$(or $(ONLY),directory)),$(CC) -O2 -Wall -Wextra benches/exchange.c -lldap -llber -lpthread \
	  -o "$(TARGET)/bench/exchange")
	@$(MACHINE) "$(RELEASE)/bench" "$(abspath $(TARGET))/bench" $(if $(DOCS),--docs docs) $(ONLY)

# Evidence that takes long: every error at every system call, every bit, all races, long simulations, logins under the
# address sanitizer and valgrind, ten minutes of fuzzing for each target; Miri and mutation testing where they are
# installed. docs/assurance.md says what each shows; parts of it can be made alone.
FUZZ_SECONDS ?= 600
ASSURANCE    := $(abspath $(TARGET))/assurance
HOST          = $(shell rustc -vV | sed -n 's/^host: //p')
EVIDENCE     := faults faults_file faults_helper faults_idp faults_link faults_setup fleet_faults fleet_migrate growth races attackers guess secrecy sign_in_observer
.PHONY: assurance assurance-tests assurance-miri assurance-fuzz assurance-mutants
assurance: assurance-tests assurance-miri assurance-fuzz assurance-mutants

# The module and its host once more with the address sanitizer, for the test that looks for leaks.
SANITIZED = RUSTC_BOOTSTRAP=1 RUSTFLAGS='-Zsanitizer=address -Clink-arg=-rdynamic' $(CARGO) build --locked \
  --target $(HOST) --target-dir $(ASSURANCE)/sanitizer

assurance-tests: build deps-test
	CARGO_PROFILE_DEV_OPT_LEVEL=2 $(CARGO) test -p insis-otp-tests --locked --no-run --target-dir $(ASSURANCE)
	$(SANITIZED) -p pam_insis_otp
	$(SANITIZED) -p insis-otp-tests --bin pam-driver
	install -D -t $(ASSURANCE)/sanitized $(addprefix $(ASSURANCE)/sanitizer/$(HOST)/debug/,libpam_insis_otp.so pam-driver)
	CARGO_PROFILE_DEV_OPT_LEVEL=2 $(MACHINE) $(CARGO) test -p insis-otp-tests --locked --offline --no-fail-fast \
	  --target-dir $(ASSURANCE) $(addprefix --test ,$(EVIDENCE)) -- --include-ignored --test-threads=1 --nocapture

# The unsafe code there is: the module's way to libpam.
assurance-miri:
	@if $(CARGO) +nightly miri --version >/dev/null 2>&1; then \
	  $(CARGO) +nightly miri test --locked -p pam_insis_otp --target-dir $(ASSURANCE)/miri ffi::; \
	else echo 'Miri is not installed (rustup +nightly component add miri rust-src): unsafe code was not interpreted'; fi

assurance-fuzz:
	fuzz/run $(FUZZ_SECONDS)

assurance-mutants:
	@if $(CARGO) mutants --version >/dev/null 2>&1; then tests/mutants; \
	else echo 'cargo-mutants is not installed: no mutants were made'; fi
