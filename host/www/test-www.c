/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The parts of the server that need none: listeners, rights, proxies, routes, headers. */
#include "www/www-private.h"

#include "www/strports.h"

/* listeners */

typedef struct {
  const char *text;
  const char *error; /* (nullable): part of the message */
  BelfryListenerKind kind;
  const char *where; /* (nullable): interface or path */
  gboolean is_public;
} StrportCase;

static const StrportCase strport_cases[] = {
  { "8010", NULL, BELFRY_LISTENER_TCP, NULL, TRUE },
  { "tcp:8010", NULL, BELFRY_LISTENER_TCP, NULL, TRUE },
  { "tcp:port=8010", NULL, BELFRY_LISTENER_TCP, NULL, TRUE },
  { "tcp:8010:interface=127.0.0.1", NULL, BELFRY_LISTENER_TCP, "127.0.0.1", FALSE },
  { "tcp:8010:interface=localhost", NULL, BELFRY_LISTENER_TCP, "127.0.0.1", FALSE },
  { "tcp:8010:interface=192.0.2.1", NULL, BELFRY_LISTENER_TCP, "192.0.2.1", TRUE },
  { "tcp:8010:interface=\\:\\:1", NULL, BELFRY_LISTENER_TCP, "::1", FALSE },
  { "tcp:8010:interface=[::1]", NULL, BELFRY_LISTENER_TCP, "::1", FALSE },
  { "tcp6:8010:interface=[::1]", NULL, BELFRY_LISTENER_TCP, "::1", FALSE },
  { "tcp:8010:interface=\\:\\:", NULL, BELFRY_LISTENER_TCP, "::", TRUE },
  { "tcp:8010:backlog=50", NULL, BELFRY_LISTENER_TCP, NULL, TRUE },
  { "tcp:0:interface=127.0.0.1", NULL, BELFRY_LISTENER_TCP, "127.0.0.1", FALSE },
  { "unix:/run/x/www.sock", NULL, BELFRY_LISTENER_UNIX, "/run/x/www.sock", FALSE },
  { "unix:/run/x/www.sock:mode=660:group=www-data", NULL, BELFRY_LISTENER_UNIX, "/run/x/www.sock",
    FALSE },
  { "unix:address=/run/a\\:b\\\\c", NULL, BELFRY_LISTENER_UNIX, "/run/a:b\\c", FALSE },
  { "unix:/run/a=b.sock", NULL, BELFRY_LISTENER_UNIX, "/run/a=b.sock", FALSE },
  { "ssl:8443:privateKey=key.pem:certKey=cert.pem", NULL, BELFRY_LISTENER_SSL, NULL, TRUE },
  { "ssl:8443:certKey=all.pem:interface=127.0.0.1", NULL, BELFRY_LISTENER_SSL, "127.0.0.1", FALSE },
  { "systemd:domain=INET:index=0", NULL, BELFRY_LISTENER_SYSTEMD, NULL, FALSE },
  { "systemd:name=www", NULL, BELFRY_LISTENER_SYSTEMD, NULL, FALSE },
  { "port:8010", "kind 'port'", 0, NULL, FALSE },
  { "tpc:8010", "did you mean 'tcp'", 0, NULL, FALSE },
  { "tcp", "port", 0, NULL, FALSE },
  { "tcp:", "port '': is empty", 0, NULL, FALSE },
  { "tcp:65536", "port '65536'", 0, NULL, FALSE },
  { "65536", "port '65536'", 0, NULL, FALSE },
  { "tcp:-1", "port '-1'", 0, NULL, FALSE },
  { "tcp:80x", "port '80x'", 0, NULL, FALSE },
  { "tcp:8010:interface=", "interface '': is empty", 0, NULL, FALSE },
  { "tcp:8010:interface=example.org", "is no address", 0, NULL, FALSE },
  { "tcp:8010:interfaec=127.0.0.1", "unknown key", 0, NULL, FALSE },
  { "tcp:8010:9010", "one too many", 0, NULL, FALSE },
  { "tcp:8010:port=9010", "says a thing twice", 0, NULL, FALSE },
  { "tcp:8010:::1", "one too many", 0, NULL, FALSE },
  { "unix", "address", 0, NULL, FALSE },
  { "unix:/x:mode=999", "is no mode", 0, NULL, FALSE },
  { "ssl:8443", "certKey", 0, NULL, FALSE },
  { "systemd:domain=INET", "index", 0, NULL, FALSE },
  { "", "kind ''", 0, NULL, FALSE },
};

static void
test_strports (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (strport_cases); i++) {
    const StrportCase *row = &strport_cases[i];
    g_autoptr (GError) error = NULL;
    g_autoptr (BelfryStrport) port = belfry_strport_parse (row->text, &error);

    g_test_message ("%s", row->text);
    if (row->error != NULL) {
      g_assert_null (port);
      g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG);
      g_assert_nonnull (strstr (error->message, row->error));
      continue;
    }
    g_assert_no_error (error);
    g_assert_cmpint (port->kind, ==, row->kind);
    g_assert_cmpstr (port->path != NULL ? port->path : port->interface, ==, row->where);
    g_assert_cmpint (belfry_strport_is_public (port), ==, row->is_public);
  }
}

static BelfrySection *
make_section (const char *kind, const char *const *pairs)
{
  BelfrySection *section = belfry_section_new (kind, "", "belfry.conf", 1);

  for (guint i = 0; pairs[i] != NULL; i += 2)
    belfry_section_set (section, pairs[i], pairs[i + 1], "belfry.conf", 2 + i / 2);
  return section;
}

static void
test_doors (void)
{
  g_autofree char *plain = belfry_strport_dup_door ("/run/a:b\\c");
  g_autofree char *relative = belfry_strport_dup_door ("./door");
  g_autofree char *home = belfry_strport_dup_door ("~/door");
  g_autofree char *beneath = g_strconcat ("unix:", g_get_home_dir (), "/door", NULL);
  g_autofree char *number = belfry_strport_dup_door ("8010");
  g_autoptr (BelfryStrport) parsed = belfry_strport_parse (plain, NULL);

  g_assert_nonnull (parsed);
  g_assert_cmpstr (parsed->path, ==, "/run/a:b\\c");
  g_assert_cmpstr (relative, ==, "unix:./door");
  g_assert_cmpstr (home, ==, beneath);
  g_assert_cmpstr (number, ==, "8010");
}

static guint
count_www_errors (const char *const *pairs, guint *warnings)
{
  g_autoptr (BelfrySection) section = make_section ("www", pairs);
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  BelfryWwwKeys keys = { 0 };
  guint errors = 0;

  belfry_option_table_read (&belfry_www_keys_table, section, &keys, NULL, problems);
  belfry_www_keys_check (&keys, section, problems);
  errors = belfry_problems_get_count (problems, BELFRY_SEVERITY_ERROR);
  *warnings = belfry_problems_get_count (problems, BELFRY_SEVERITY_WARNING);
  belfry_option_table_clear (&belfry_www_keys_table, &keys);
  return errors;
}

static void
test_www_keys (void)
{
  static const struct {
    const char *pairs[7];
    guint errors;
    guint warnings;
  } cases[] = {
    { { NULL }, 0, 0 },
    { { "listen", "tcp:8010:interface=127.0.0.1", NULL }, 0, 0 },
    { { "listen", "8010", NULL }, 1, 0 },
    { { "listen", "8010", "public", "true", NULL }, 0, 1 },
    { { "listen", "tcp:8010:interface=127.0.0.1;tcp:8010:interface=127.0.0.1", NULL }, 1, 0 },
    { { "listen", "tcp:0:interface=127.0.0.1;tcp:0:interface=127.0.0.1", NULL }, 0, 0 },
    { { "listen", "bogus:1", NULL }, 1, 0 },
    { { "distrib-port", "8010", NULL }, 1, 0 },
    { { "distrib-port", "tcp:8010:interface=127.0.0.1", NULL }, 0, 0 },
    { { "distrib-port", "/run/a:b", NULL }, 0, 0 },
    { { "distrib-port", "~/door", NULL }, 0, 0 },
    { { "distrib-port", "./door", NULL }, 0, 0 },
    { { "listen", "unix:/run/door", "distrib-port", "/run/door", NULL }, 1, 0 },
    { { "distrib-port", "", NULL }, 0, 0 },
    { { "default-page", "//evil.example/", NULL }, 1, 0 },
    { { "default-page", "/\\evil", NULL }, 1, 0 },
    { { "default-page", "https:evil", NULL }, 1, 0 },
    { { "default-page", "/console", NULL }, 0, 0 },
    { { "trusted-proxies", "127.0.0.1;10.0.0.0/8;unix", NULL }, 0, 0 },
    { { "trusted-proxies", "nonsense", NULL }, 1, 0 },
    { { "allowed-origins", "*", NULL }, 0, 1 },
    { { "max-body", "10", NULL }, 1, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    guint warnings = 0;

    g_test_message ("%s=%s", cases[i].pairs[0], cases[i].pairs[0] != NULL ? cases[i].pairs[1] : "");
    g_assert_cmpuint (count_www_errors (cases[i].pairs, &warnings), ==, cases[i].errors);
    g_assert_cmpuint (warnings, ==, cases[i].warnings);
  }
}

/* rights */

static void
test_authz_decides (void)
{
  static const struct {
    const char *pairs[5];
    const char *action;
    const char *target;
    gboolean allowed;
  } cases[] = {
    { { NULL }, "view", NULL, TRUE },
    { { NULL }, "forceBuild", "a", FALSE },
    { { "force-build", "yes", NULL }, "forceBuild", "a", TRUE },
    { { "force-build", "yes", NULL }, "force-build", "a", TRUE },
    { { "force-build", "yes", NULL }, "stopBuild", "a", FALSE },
    { { "force-build", "anyone@pub-*", NULL }, "forceBuild", "pub-1", TRUE },
    { { "force-build", "anyone@pub-*", NULL }, "forceBuild", "secret", FALSE },
    { { "force-build", "anyone@pub-*", NULL }, "forceBuild", NULL, FALSE },
    { { "force-build", "no@a,b;yes", NULL }, "forceBuild", "b", FALSE },
    { { "force-build", "no@a,b;yes", NULL }, "forceBuild", "c", TRUE },
    { { "force-build", "!yes@a;yes", NULL }, "forceBuild", "a", FALSE },
    { { "force-build", "auth;user:bob;group:g", NULL }, "forceBuild", "a", FALSE },
    { { "force-build", "!auth;yes", NULL }, "forceBuild", "a", TRUE },
    { { "default-action", "yes", NULL }, "cleanShutdown", NULL, TRUE },
    { { "default-action", "no", NULL }, "view", NULL, TRUE },
    { { "default-action", "yes", "stop-build", "no", NULL }, "stopBuild", "a", FALSE },
    { { "allow-force", "true", NULL }, "pingBuilder", "a", TRUE },
    { { "allow-force", "true", "auth", "staff", NULL }, "pingBuilder", "a", FALSE },
    { { "pause-worker", "yes", NULL }, "pauseSlave", "w", TRUE },
    { { "view", "no", NULL }, "view", NULL, FALSE },
    { { "force-build", "garbage", NULL }, "forceBuild", "a", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfrySection) section = make_section ("authz", cases[i].pairs);
    g_autoptr (BelfryAuthz) authz = belfry_authz_new (section);
    const BelfryAction *action = belfry_action_find (cases[i].action);

    g_test_message ("%zu", i);
    g_assert_nonnull (action);
    g_assert_cmpint (belfry_authz_allows (authz, action, cases[i].target), ==, cases[i].allowed);
  }
}

static void
test_authz_check (void)
{
  static const struct {
    const char *pairs[5];
    gboolean has_auth;
    const char *error; /* (nullable) */
  } cases[] = {
    { { "force-build", "auth@smoketest;user:releng", NULL }, TRUE, NULL },
    { { "stop-build", "owner;group:admins", NULL }, TRUE, NULL },
    { { "force-build", "user:\"Jane @home\"", NULL }, TRUE, NULL },
    { { "force-build", "auth", NULL }, FALSE, "names people" },
    { { "force-bild", "yes", NULL }, FALSE, "force-build" },
    { { "force-build", "maybe", NULL }, FALSE, "is no term" },
    { { "force-build", "user:", NULL }, TRUE, "is no term" },
    { { "clean-shutdown", "yes@a", NULL }, FALSE, "no builder or worker" },
    { { "force-build", "owner", NULL }, TRUE, "no owner" },
    { { "allow-force", "true", "force-build", "yes", NULL }, FALSE, "allow-force stands" },
    { { "allow-force", "perhaps", NULL }, FALSE, "neither true nor false" },
    { { "default-action", "no", NULL }, FALSE, NULL },
    { { "view", "no", NULL }, FALSE, NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfrySection) section = make_section ("authz", cases[i].pairs);
    g_autoptr (BelfryProblems) problems = belfry_problems_new ();
    guint errors = 0;

    g_test_message ("%s=%s", cases[i].pairs[0], cases[i].pairs[1]);
    belfry_authz_check (section, cases[i].has_auth, problems);
    errors = belfry_problems_get_count (problems, BELFRY_SEVERITY_ERROR);
    g_assert_cmpuint (errors, ==, cases[i].error != NULL ? 1 : 0);
    if (cases[i].error != NULL)
      g_assert_nonnull (strstr (belfry_problems_get (problems, 0)->message, cases[i].error));
  }
}

/* proxies */

static void
test_proxies (void)
{
  static const struct {
    const char *trusted;
    const char *peer; /* (nullable): a Unix socket */
    const char *forwarded;
    const char *client;
  } cases[] = {
    { "", "192.0.2.9", "10.1.1.1", "192.0.2.9" },
    { "127.0.0.1", "127.0.0.1", NULL, "127.0.0.1" },
    { "127.0.0.1", "127.0.0.1", "198.51.100.7", "198.51.100.7" },
    { "127.0.0.1", "127.0.0.1", "1.1.1.1, 198.51.100.7", "198.51.100.7" },
    { "127.0.0.1;10.0.0.0/8", "127.0.0.1", "1.1.1.1, 198.51.100.7, 10.3.2.1", "198.51.100.7" },
    { "127.0.0.1", "192.0.2.9", "198.51.100.7", "192.0.2.9" },
    { "127.0.0.1", "127.0.0.1", "garbage", "127.0.0.1" },
    { "127.0.0.1", "127.0.0.1", "198.51.100.7:8080", "198.51.100.7" },
    { "127.0.0.1", "127.0.0.1", "[2001:db8::1]:443", "2001:db8::1" },
    { "127.0.0.1", "127.0.0.1", "fe80::1%eth0", "127.0.0.1" },
    { "127.0.0.1", "127.0.0.1", ",,,", "127.0.0.1" },
    { "unix", NULL, "198.51.100.7", "198.51.100.7" },
    { "127.0.0.1", NULL, "198.51.100.7", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_auto (GStrv) items =
        *cases[i].trusted != '\0' ? g_strsplit (cases[i].trusted, ";", -1) : NULL;
    g_autoptr (BelfryProxies) proxies = belfry_proxies_new (items, NULL);
    g_autoptr (GInetAddress) peer =
        cases[i].peer != NULL ? g_inet_address_new_from_string (cases[i].peer) : NULL;
    g_autofree char *client = NULL;

    g_test_message ("%zu", i);
    g_assert_nonnull (proxies);
    client = belfry_proxies_dup_client (proxies, peer, cases[i].forwarded);
    g_assert_cmpstr (client, ==, cases[i].client);
  }
}

static void
test_forwarded (void)
{
  static const char *const cases[][2] = {
    { "for=192.0.2.60;proto=http;by=203.0.113.43", "192.0.2.60" },
    { "for=192.0.2.43, for=198.51.100.17", "192.0.2.43,198.51.100.17" },
    { "For=\"[2001:db8:cafe::17]:4711\"", "[2001:db8:cafe::17]:4711" },
    { "proto=https", "unknown" },
    { "for=_hidden", "_hidden" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *hops = belfry_proxies_dup_hops (cases[i][0]);

    g_assert_cmpstr (hops, ==, cases[i][1]);
  }
  g_assert_null (belfry_proxies_dup_hops (NULL));
}

/* routes */

static const struct {
  const char *pattern;
  gboolean is_post;
} patterns[] = {
  { "/", FALSE },
  { "/builders/{builder}", FALSE },
  { "/builders/{builder}/builds/{number}", FALSE },
  { "/builders/_all/force", TRUE },
  { "/builders/{builder}/force", TRUE },
  { "/workers/{worker}", FALSE },
  { "/json/{rest*}", FALSE },
  { "/json/help", FALSE },
};

static void
test_routes (void)
{
  static const struct {
    const char *method;
    const char *path;
    guint status;
    guint row;
    const char *name;
    const char *value;
  } cases[] = {
    { "GET", "/", 200, 0, NULL, NULL },
    { "GET", "/builders/a", 200, 1, "builder", "a" },
    { "HEAD", "/builders/a/", 200, 1, "builder", "a" },
    { "GET", "/builders/a%2Fb", 200, 1, "builder", "a/b" },
    { "GET", "/builders/%C3%BC%20%3Fx", 200, 1, "builder", "ü ?x" },
    { "GET", "/builders/a%252Fb", 200, 1, "builder", "a%2Fb" },
    { "GET", "/builders/a/builds/7", 200, 2, "number", "7" },
    { "POST", "/builders/a", 405, 0, NULL, NULL },
    { "POST", "/builders/_all/force", 200, 3, NULL, NULL },
    { "POST", "/builders/x/force", 200, 4, "builder", "x" },
    { "GET", "/builders/x/force", 405, 0, NULL, NULL },
    { "DELETE", "/builders/a", 405, 0, NULL, NULL },
    { "GET", "/workers/w", 200, 5, "worker", "w" },
    { "GET", "/buildslaves/w", 200, 5, "worker", "w" },
    { "GET", "/json/a/b%2Fc/d", 200, 6, "rest", "a/b/c/d" },
    { "GET", "/json/help", 200, 7, NULL, NULL },
    { "GET", "/json", 404, 0, NULL, NULL },
    { "GET", "/nothing", 404, 0, NULL, NULL },
    { "GET", "//builders/a", 404, 0, NULL, NULL },
    { "GET", "/builders//a", 404, 0, NULL, NULL },
    { "GET", "/builders/..", 404, 0, NULL, NULL },
    { "GET", "/builders/%2e%2e", 404, 0, NULL, NULL },
    { "GET", "/builders/%ff", 400, 0, NULL, NULL },
    { "GET", "/builders/a%00b", 400, 0, NULL, NULL },
  };
  g_autoptr (BelfryRoutes) routes = belfry_routes_new ();

  for (guint i = 0; i < G_N_ELEMENTS (patterns); i++) {
    BelfryMatch match = { .door = BELFRY_DOOR_ACTION, .row = i };

    g_assert_true (belfry_routes_add (routes, patterns[i].pattern, patterns[i].is_post, &match));
    g_assert_false (belfry_routes_add (routes, patterns[i].pattern, patterns[i].is_post, &match));
  }
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    BelfryRequestFields fields = {
      sizeof fields, cases[i].method, cases[i].path, NULL, NULL, NULL
    };
    g_autoptr (BelfryRequest) request = belfry_request_new (&fields);
    BelfryMatch match = { 0 };
    guint status = 0;
    g_autoptr (GPtrArray) segments = belfry_path_split (cases[i].path, &status);

    g_test_message ("%s %s", cases[i].method, cases[i].path);
    if (segments != NULL)
      status = belfry_routes_find (routes, segments, cases[i].method, request, &match);
    g_assert_cmpuint (status, ==, cases[i].status);
    if (status == 200)
      g_assert_cmpuint (match.row, ==, cases[i].row);
    if (status == 405)
      g_assert_nonnull (match.methods);
    if (cases[i].name != NULL)
      g_assert_cmpstr (belfry_request_get_parameter (request, cases[i].name), ==, cases[i].value);
  }
}

static void
test_base (void)
{
  static const char *const cases[][2] = {
    { "/", "./" },
    { "/waterfall", "./" },
    { "/waterfall/", "../" },
    { "/builders/a", "../" },
    { "/builders/a/builds/3", "../../../" },
    { "/builders/a%2Fb/builds/3/", "../../../../" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *base = belfry_path_dup_base (cases[i][0]);

    g_assert_cmpstr (base, ==, cases[i][1]);
  }
}

static void
test_hook_names (void)
{
  static const struct {
    const char *path;
    gboolean is_hook;
    gboolean is_good;
    const char *name;
  } cases[] = {
    { "/change_hook", TRUE, TRUE, NULL },
    { "/change_hook/", TRUE, TRUE, NULL },
    { "/change_hook/github", TRUE, TRUE, "github" },
    { "/change_hook/github/", TRUE, TRUE, "github" },
    { "/change_hook/git-hub_2", TRUE, TRUE, "git-hub_2" },
    { "/change_hook/github//", TRUE, FALSE, NULL },
    { "/change_hook/a/b", TRUE, FALSE, NULL },
    { "/change_hook//", TRUE, FALSE, NULL },
    { "/change_hook/a%20b", TRUE, FALSE, NULL },
    { "/change_hook/../x", TRUE, FALSE, NULL },
    { "/change_hooks", FALSE, FALSE, NULL },
    { "/change", FALSE, FALSE, NULL },
    { "/change_hook/aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeef", TRUE, FALSE, NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *name = NULL;
    gboolean is_good = FALSE;

    g_test_message ("%s", cases[i].path);
    g_assert_cmpint (belfry_hook_match (cases[i].path, &name, &is_good), ==, cases[i].is_hook);
    g_assert_cmpint (is_good, ==, cases[i].is_good);
    g_assert_cmpstr (name, ==, cases[i].name);
  }
}

/* headers */

static void
test_accept_gzip (void)
{
  static const struct {
    const char *value;
    gboolean accepted;
  } cases[] = {
    { NULL, FALSE },       { "", FALSE },
    { "gzip", TRUE },      { "br, gzip;q=0.5", TRUE },
    { "gzip;q=0", FALSE }, { "gzip; q=0.0", FALSE },
    { "*", TRUE },         { "*;q=0", FALSE },
    { "identity", FALSE }, { "gzip;q=0, *", FALSE },
    { "X-GZIP", TRUE },    { "deflate, br", FALSE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    g_assert_cmpint (belfry_headers_accept_gzip (cases[i].value), ==, cases[i].accepted);
}

static void
test_etags (void)
{
  g_assert_true (belfry_headers_match_etag ("W/\"a\"", "W/\"a\""));
  g_assert_true (belfry_headers_match_etag ("\"b\", \"a\"", "W/\"a\""));
  g_assert_true (belfry_headers_match_etag ("*", "\"a\""));
  g_assert_false (belfry_headers_match_etag ("\"b\"", "\"a\""));
  g_assert_false (belfry_headers_match_etag (NULL, "\"a\""));
}

static void
test_ranges (void)
{
  static const struct {
    const char *range;
    gboolean is_used;
    guint status;
    goffset first;
    goffset last;
  } cases[] = {
    { NULL, FALSE, 0, 0, 0 },
    { "bytes=0-9", TRUE, 206, 0, 9 },
    { "bytes=90-", TRUE, 206, 90, 99 },
    { "bytes=-10", TRUE, 206, 90, 99 },
    { "bytes=-1000", TRUE, 206, 0, 99 },
    { "bytes=50-1000", TRUE, 206, 50, 99 },
    { "bytes=100-", TRUE, 416, 100, 99 },
    { "bytes=-0", TRUE, 416, 100, 99 },
    { "bytes=9-0", FALSE, 0, 0, 0 },
    { "bytes=0-1,2-3", FALSE, 0, 0, 0 },
    { "bytes=-", FALSE, 0, 0, 0 },
    { "bytes=a-b", FALSE, 0, 0, 0 },
    { "bytes=--5", FALSE, 0, 0, 0 },
    { "bytes=99999999999999999999-", FALSE, 0, 0, 0 },
    { "lines=1-2", FALSE, 0, 0, 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++) {
    goffset first = 0;
    goffset last = 0;
    guint status = 0;

    g_test_message ("%s", cases[i].range);
    g_assert_cmpint (belfry_headers_parse_range (cases[i].range, 100, &first, &last, &status), ==,
                     cases[i].is_used);
    if (!cases[i].is_used)
      continue;
    g_assert_cmpuint (status, ==, cases[i].status);
    if (status == 206) {
      g_assert_cmpint (first, ==, cases[i].first);
      g_assert_cmpint (last, ==, cases[i].last);
    }
  }
}

static void
test_compress (void)
{
  g_autoptr (BelfryGzip) gzip = belfry_gzip_new ();
  g_autoptr (GBytes) text = g_bytes_new_static ("hello hello hello ", 18);
  g_autoptr (GBytes) first = belfry_gzip_feed (gzip, text, FALSE);
  g_autoptr (GBytes) second = belfry_gzip_feed (gzip, text, TRUE);
  g_autoptr (GConverter) back =
      G_CONVERTER (g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP));
  char buffer[64] = { 0 };
  gsize read = 0;
  gsize written = 0;

  g_assert_cmpuint (g_bytes_get_size (second), >, 0);
  g_converter_convert (back, g_bytes_get_data (first, NULL), g_bytes_get_size (first), buffer,
                       sizeof buffer, G_CONVERTER_NO_FLAGS, &read, &written, NULL);
  g_assert_cmpstr (buffer, ==, "hello hello hello ");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/www/listeners/table", test_strports);
  g_test_add_func ("/www/listeners/doors", test_doors);
  g_test_add_func ("/www/keys/check", test_www_keys);
  g_test_add_func ("/www/authz/decides", test_authz_decides);
  g_test_add_func ("/www/authz/check", test_authz_check);
  g_test_add_func ("/www/proxies/client", test_proxies);
  g_test_add_func ("/www/proxies/forwarded", test_forwarded);
  g_test_add_func ("/www/routes/table", test_routes);
  g_test_add_func ("/www/routes/base", test_base);
  g_test_add_func ("/www/hooks/names", test_hook_names);
  g_test_add_func ("/www/headers/gzip", test_accept_gzip);
  g_test_add_func ("/www/headers/etags", test_etags);
  g_test_add_func ("/www/headers/ranges", test_ranges);
  g_test_add_func ("/www/compress/pieces", test_compress);
  return g_test_run ();
}
