/*
 * exchange: what an LDAP server can do, asked by a small client in C with libldap: values of an attribute are exchanged,
 * the new one in the place of the one that was there (RFC 4511, one Modify with a delete and an add).
 *
 *   exchange URI HOST-DN PASSWORD PEOPLE-BASE CONNECTIONS TIMES bare|login
 *
 * Each of so many threads has an entry of its own, uid=crowdN. "bare": each has one connection, made before the clock
 * starts, and exchanges so many times. "login": each time it does all that a login over a directory takes: it connects
 * with TLS, binds, searches, and exchanges twice. Prints the exchanges and the seconds that they took.
 *
 * The authority of the server's certificate is in LDAPTLS_CACERT, as for the programs of OpenLDAP.
 */
#include <ldap.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MOST 256
#define ATTRIBUTE "insisOtpInvitation"

static const char *uri, *host, *password, *base;
static int connections, times, is_login;
static pthread_barrier_t ready, done;

static void check(const char *what, int code)
{
	if (code == LDAP_SUCCESS)
		return;
	fprintf(stderr, "exchange: cannot %s: %s\n", what, ldap_err2string(code));
	exit(1);
}

static LDAP *connected(void)
{
	struct berval credentials = {strlen(password), (char *)password};
	int version = LDAP_VERSION3;
	LDAP *ldap;

	check("begin", ldap_initialize(&ldap, uri));
	check("speak version 3", ldap_set_option(ldap, LDAP_OPT_PROTOCOL_VERSION, &version));
	check("bind", ldap_sasl_bind_s(ldap, host, LDAP_SASL_SIMPLE, &credentials, NULL, NULL, NULL));
	return ldap;
}

static void find(LDAP *ldap, int number)
{
	char filter[128], *attributes[] = {ATTRIBUTE, NULL};
	LDAPMessage *found;

	snprintf(filter, sizeof filter, "(|(uid=crowd%d)(uid=insis-otp-nobody))", number);
	check("search", ldap_search_ext_s(ldap, base, LDAP_SCOPE_SUBTREE, filter, attributes, 0, NULL, NULL, NULL, 4,
		&found));
	ldap_msgfree(found);
}

/* The next value in the place of the last one, or of none. */
static void exchange(LDAP *ldap, int number, int next)
{
	char dn[256], old[320], new[320];
	char *olds[] = {old, NULL}, *news[] = {new, NULL};
	LDAPMod delete = {LDAP_MOD_DELETE, ATTRIBUTE, {olds}}, add = {LDAP_MOD_ADD, ATTRIBUTE, {news}};
	LDAPMod *changes[] = {&delete, &add, NULL};

	snprintf(dn, sizeof dn, "uid=crowd%d,%s", number, base);
	snprintf(old, sizeof old, "value %0300d", next - 1);
	snprintf(new, sizeof new, "value %0300d", next);
	check("exchange", ldap_modify_ext_s(ldap, dn, next ? changes : changes + 1, NULL, NULL));
}

static void *work(void *argument)
{
	int number = *(int *)argument, next = 0, time;
	LDAP *ldap = is_login ? NULL : connected();

	pthread_barrier_wait(&ready);
	for (time = 0; time < times; time++) {
		if (is_login) {
			ldap = connected();
			find(ldap, number);
			exchange(ldap, number, next++);
		}
		exchange(ldap, number, next++);
		if (is_login)
			ldap_unbind_ext_s(ldap, NULL, NULL);
	}
	pthread_barrier_wait(&done);
	return NULL;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int count, char **words)
{
	static int numbers[MOST];
	double start;
	pthread_t thread;
	int number;

	if (count != 8 || (connections = atoi(words[5])) < 1 || connections > MOST || (times = atoi(words[6])) < 1) {
		fprintf(stderr, "usage: exchange URI HOST-DN PASSWORD PEOPLE-BASE CONNECTIONS TIMES bare|login\n");
		return 2;
	}
	uri = words[1], host = words[2], password = words[3], base = words[4];
	is_login = !strcmp(words[7], "login");
	pthread_barrier_init(&ready, NULL, connections + 1);
	pthread_barrier_init(&done, NULL, connections + 1);
	for (number = 0; number < connections; number++) {
		numbers[number] = number;
		if (pthread_create(&thread, NULL, work, &numbers[number]))
			return 1;
	}
	pthread_barrier_wait(&ready);
	start = now();
	pthread_barrier_wait(&done);
	printf("%d %f\n", connections * times * (is_login ? 2 : 1), now() - start);
	return 0;
}
