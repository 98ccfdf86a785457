/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Option tables: every type read, every way of being wrong; sections, findings and secrets. */
#include "belfry-plugin.h"

#include <string.h>

typedef struct {
  gboolean flag;
  gint64 count;
  double ratio;
  gint64 wait;
  gint64 bytes;
  char *text;
  char *empty;
  int choice;
  guint flags;
  char **list;
  BelfryMap *map;
  BelfryMap *numbers;
  BelfryMap *secrets;
  BelfrySecret *secret;
  BelfryTemplate *template;
  char *path;
  char *url;
  GRegex *regex;
  GPtrArray *regexes;
  BelfryRendered *rendered;
  BelfryExpression *expression;
  GPtrArray *argv;
  char *reference;
  char **references;
  BelfryAddresses *addresses;
  GTimeZone *zone;
  JsonNode *json;
  gpointer custom;
  char *only_git;
  char *needed;
} State;

static gpointer
parse_upper (const char *text, GError **error)
{
  if (strcmp (text, "bad") == 0) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "'bad' is bad, write another");
    return NULL;
  }
  return g_ascii_strup (text, -1);
}

static const BelfryCustomType upper = { "capitals", parse_upper, g_free };

static const BelfryChoice colours[] = {
  { "red", 1, "red" },
  { "green", 2, "green" },
  { "blue", 4, "blue" },
  { NULL },
};

static const BelfryOption rows[] = {
  BELFRY_BOOLEAN (State, flag, "flag", .default_text = "true"),
  BELFRY_INTEGER (State, count, "count", .default_text = "5", .minimum = 1, .maximum = 10),
  BELFRY_DOUBLE (State, ratio, "ratio", .default_text = "0.5", .minimum = 0, .maximum = 1),
  BELFRY_DURATION (
      State, wait, "wait", .default_text = "90s", .minimum = 1000000, .maximum = 3600000000),
  BELFRY_SIZE (State, bytes, "bytes", .minimum = 1024, .maximum = G_MAXINT64),
  BELFRY_STRING (State, text, "text", .default_text = "hello", .alias = "old-text"),
  BELFRY_STRING (State, empty, "empty", .default_text = "x", .allow_empty = TRUE),
  BELFRY_ENUM (State, choice, "choice", .default_text = "green", .choices = colours),
  BELFRY_FLAGS (State, flags, "flags", .choices = colours),
  BELFRY_LIST (State, list, "list", .minimum = 0, .maximum = 3),
  BELFRY_MAP (State, map, "env"),
  BELFRY_MAP (
      State, numbers, "priority", .element = BELFRY_OPTION_INTEGER, .minimum = -2, .maximum = 2),
  BELFRY_MAP (State, secrets, "users", .element = BELFRY_OPTION_SECRET),
  BELFRY_SECRET (State, secret, "secret"),
  BELFRY_TEMPLATE (State, template, "template"),
  BELFRY_PATH (State, path, "path"),
  BELFRY_URL (State, url, "url"),
  BELFRY_REGEX (State, regex, "regex"),
  BELFRY_REGEX_LIST (State, regexes, "regexes"),
  BELFRY_RENDERED (State, rendered, "rendered"),
  BELFRY_EXPRESSION (State, expression, "expression"),
  BELFRY_ARGV (State, argv, "argv"),
  BELFRY_REFERENCE (State, reference, "reference", .reference = "reporter"),
  BELFRY_REFERENCES (State, references, "references", .reference = "builder"),
  BELFRY_ADDRESSES (State, addresses, "addresses"),
  BELFRY_TIME_ZONE (State, zone, "zone"),
  BELFRY_JSON (State, json, "json"),
  BELFRY_CUSTOM (State, custom, "custom", .custom = &upper),
  BELFRY_STRING (State, only_git, "depth", .when = "choice=red;blue", .default_text = "1"),
  BELFRY_STRING (State, text, "word", .deprecated = "text"),
  { NULL },
};

static const BelfryOption required_rows[] = {
  BELFRY_STRING (State, needed, "needed", .required = TRUE, .help = "a thing"),
  BELFRY_MAP (State, map, "env", .required = TRUE),
  { NULL },
};

static const BelfryOptionTable table = { rows, sizeof (BelfryOption) };
static const BelfryOptionTable required_table = { required_rows, sizeof (BelfryOption) };

typedef struct {
  BelfrySection *section;
  BelfryProblems *problems;
  State state;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer unused)
{
  fixture->section = belfry_section_new ("hook", "github", "/etc/belfry/belfry.conf", 10);
  fixture->problems = belfry_problems_new ();
}

static void
tear_down (Fixture *fixture, gconstpointer unused)
{
  belfry_option_table_clear (&table, &fixture->state);
  belfry_option_table_clear (&required_table, &fixture->state);
  belfry_problems_free (fixture->problems);
  belfry_section_free (fixture->section);
}

static void
set (Fixture *fixture, const char *key, const char *value)
{
  belfry_section_set (fixture->section, key, value, "/etc/belfry/belfry.conf",
                      11 + fixture->section->entries->len);
}

static void
read_table (Fixture *fixture)
{
  g_autoptr (GHashTable) consumed = g_hash_table_new (g_str_hash, g_str_equal);
  const BelfryOptionTable *tables[] = { &table };

  belfry_option_table_read (&table, fixture->section, &fixture->state, consumed, fixture->problems);
  belfry_option_table_report_unknown (tables, 1, fixture->section, consumed, fixture->problems);
}

static void
assert_problem (Fixture *fixture, guint index, const char *wanted)
{
  g_autofree char *text = NULL;

  g_assert_cmpuint (belfry_problems_get_length (fixture->problems), >, index);
  text = belfry_problem_to_text (belfry_problems_get (fixture->problems, index));
  g_assert_cmpstr (text, ==, wanted);
}

static void
assert_no_problems (Fixture *fixture)
{
  for (guint i = 0; i < belfry_problems_get_length (fixture->problems); i++) {
    g_autofree char *text = belfry_problem_to_text (belfry_problems_get (fixture->problems, i));

    g_test_message ("%s", text);
  }
  g_assert_cmpuint (belfry_problems_get_length (fixture->problems), ==, 0);
}

static void
test_defaults (Fixture *fixture, gconstpointer unused)
{
  read_table (fixture);
  assert_no_problems (fixture);
  g_assert_true (fixture->state.flag);
  g_assert_cmpint (fixture->state.count, ==, 5);
  g_assert_cmpfloat (fixture->state.ratio, ==, 0.5);
  g_assert_cmpint (fixture->state.wait, ==, 90 * G_USEC_PER_SEC);
  g_assert_cmpint (fixture->state.bytes, ==, 0);
  g_assert_cmpstr (fixture->state.text, ==, "hello");
  g_assert_cmpint (fixture->state.choice, ==, 2);
  g_assert_null (fixture->state.list);
  g_assert_null (fixture->state.map);
  g_assert_null (fixture->state.secret);
  g_assert_cmpuint (belfry_map_get_count (fixture->state.map), ==, 0);
  g_assert_false (belfry_option_is_set (&rows[1], &fixture->state));
  fixture->state.count = 6;
  g_assert_true (belfry_option_is_set (&rows[1], &fixture->state));
}

static void
set_all (Fixture *fixture)
{
  static const char *const pairs[][2] = {
    { "flag", "no" },
    { "count", "10" },
    { "ratio", "0.25" },
    { "wait", "1h" },
    { "bytes", "64MiB" },
    { "text", "a\\sb\\n\\;\\d" },
    { "empty", "" },
    { "choice", "blue" },
    { "flags", "red; blue" },
    { "list", "a;b\\;c; d" },
    { "env.CC_x", "gcc" },
    { "env.A%3DB", "1;2" },
    { "priority.failing", "-2" },
    { "users.bob", "file:bob" },
    { "secret", "env:OLD;file:/run/new" },
    { "template", "{{ x }}" },
    { "path", "sub/file" },
    { "url", "https://example.org/ci//" },
    { "regex", "^\\d+$" },
    { "regexes", "a\\;b;^\\\\d$" },
    { "rendered", "x %(prop:y)s" },
    { "expression", "a == 1" },
    { "argv", "make 'a b' %(prop:target)s" },
    { "reference", "mail" },
    { "references", "a;b*" },
    { "addresses", "127.0.0.1;10.0.0.0/8" },
    { "zone", "UTC" },
    { "json", "{\"a\": \"x\\ny\"}" },
    { "custom", "abc" },
    { "depth", "3" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++)
    set (fixture, pairs[i][0], pairs[i][1]);
}

static void
test_scalars (Fixture *fixture, gconstpointer unused)
{
  set_all (fixture);
  read_table (fixture);
  assert_no_problems (fixture);
  g_assert_false (fixture->state.flag);
  g_assert_cmpint (fixture->state.count, ==, 10);
  g_assert_cmpfloat (fixture->state.ratio, ==, 0.25);
  g_assert_cmpint (fixture->state.wait, ==, G_GINT64_CONSTANT (3600000000));
  g_assert_cmpint (fixture->state.bytes, ==, 64 << 20);
  g_assert_cmpstr (fixture->state.text, ==, "a b\n;\\d");
  g_assert_cmpstr (fixture->state.empty, ==, "");
  g_assert_cmpint (fixture->state.choice, ==, 4);
  g_assert_cmpuint (fixture->state.flags, ==, 5);
  g_assert_cmpstr (fixture->state.path, ==, "/etc/belfry/sub/file");
  g_assert_cmpstr (fixture->state.url, ==, "https://example.org/ci");
  g_assert_cmpstr (fixture->state.reference, ==, "mail");
  g_assert_cmpstr (fixture->state.only_git, ==, "3");
  g_assert_cmpstr (fixture->state.custom, ==, "ABC");
  g_assert_cmpstr (g_time_zone_get_identifier (fixture->state.zone), ==, "UTC");
}

static void
test_compounds (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GInetAddress) inside = g_inet_address_new_from_string ("10.1.2.3");
  const gint64 *priority = NULL;

  set_all (fixture);
  read_table (fixture);
  assert_no_problems (fixture);
  g_assert_cmpuint (g_strv_length (fixture->state.list), ==, 3);
  g_assert_cmpstr (fixture->state.list[1], ==, "b;c");
  g_assert_cmpstr (fixture->state.list[2], ==, "d");
  g_assert_cmpstr (fixture->state.references[1], ==, "b*");
  g_assert_cmpuint (fixture->state.argv->len, ==, 3);
  g_assert_cmpstr (belfry_rendered_get_source (g_ptr_array_index (fixture->state.argv, 1)), ==,
                   "a b");
  g_assert_cmpuint (fixture->state.regexes->len, ==, 2);
  g_assert_true (belfry_regex_match_start (fixture->state.regex, "42"));
  g_assert_true (belfry_regex_search (g_ptr_array_index (fixture->state.regexes, 1), "7"));
  g_assert_true (belfry_addresses_contain (fixture->state.addresses, inside));
  g_assert_cmpstr (belfry_map_lookup (fixture->state.map, "CC_x"), ==, "gcc");
  g_assert_cmpstr (belfry_map_lookup (fixture->state.map, "A=B"), ==, "1;2");
  g_assert_cmpstr (belfry_map_get_name (fixture->state.map, 0), ==, "CC_x");
  g_assert_null (belfry_map_lookup (fixture->state.map, "none"));
  priority = belfry_map_lookup (fixture->state.numbers, "failing");
  g_assert_cmpint (*priority, ==, -2);
  g_assert_cmpstr (belfry_json_get_text (json_node_get_object (fixture->state.json), "a"), ==,
                   "x\ny");
}

typedef struct {
  const char *key;
  const char *value;
  const char *problem;
} Wrong;

static const Wrong wrongs[] = {
  { "flag", "maybe", "'maybe' is not a boolean, write true or false" },
  { "count", "11", "'11' is out of range, write 1 to 10" },
  { "count", "many", "'many' is not a whole number, write 1 to 10" },
  { "count", "", "'' is not a whole number, write 1 to 10" },
  { "ratio", "1.5", "'1.5' is out of range, write 0 to 1" },
  { "ratio", "nan", "'nan' is not a number, write 0 to 1" },
  { "choice", "gren", "'gren' is not one of red, green, blue, did you mean 'green'?" },
  { "flags", "red;blu", "'blu' is not one of red, green, blue, did you mean 'blue'?" },
  { "list", "1;2;3;4", "4 items are out of range, write 0 to 3" },
  { "env", "x", "is written one key an entry, write env.NAME=VALUE" },
  { "priority.x", "3", "'3' is out of range, write -2 to 2" },
  { "url", "ftp://x", "'ftp://x' is not an address that begins with http:// or https://" },
  { "url", "https://u:p@x/",
    "an address must not hold a user or password, which would be shown with it, give them by keys "
    "of their own" },
  { "custom", "bad", "'bad' is bad, write another" },
  { "zone", "Mars/North",
    "'Mars/North' is not a time zone that this machine knows (package tzdata), write one such as "
    "Europe/Vienna or UTC" },
  { "depth", "2", "applies only with choice=red;blue, remove it or set that" },
  { "secret", "",
    "a secret must not be empty, write secret:NAME, file:PATH, env:NAME or plain:TEXT" },
  { "secret", "plain:a;plain:b;plain:c",
    "a secret has at most two values, write a semicolon within one as \\;" },
  { "secret", "env:A=topsecret",
    "what stands after 'env:' holds no blanks, '=' or '/' and is no dot" },
  { "cuont", "1", "there is no such key, did you mean count?" },
  { "oldText", "1", "there is no such key, remove it" },
  { "Env.x", "1", "there is no such key, did you mean env?" },
};

static void
test_wrong (Fixture *fixture, gconstpointer data)
{
  const Wrong *wrong = data;
  g_autofree char *line = g_strdup_printf ("/etc/belfry/belfry.conf:11: [hook github] %s: %s",
                                           wrong->key, wrong->problem);

  set (fixture, wrong->key, wrong->value);
  read_table (fixture);
  assert_problem (fixture, 0, line);
  g_assert_cmpuint (belfry_problems_get_count (fixture->problems, BELFRY_SEVERITY_ERROR), ==, 1);
  g_assert_cmpuint (belfry_problems_get_length (fixture->problems), ==, 1);
  g_assert_cmpint (fixture->state.count, ==, 5);
}

/* parsers of other rooms word their own messages */
static void
test_refused (Fixture *fixture, gconstpointer unused)
{
  static const char *const pairs[][2] = {
    { "wait", "soon" },      { "wait", "0" },       { "wait", "2h" },
    { "bytes", "12" },       { "bytes", "big" },    { "template", "{% if %}" },
    { "regex", "(" },        { "regexes", "a;(" },  { "rendered", "%(prop:" },
    { "expression", "1 +" }, { "argv", "make 'x" }, { "addresses", "10.0.0.0/99" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (pairs); i++) {
    g_autoptr (BelfryProblems) problems = belfry_problems_new ();
    g_autoptr (BelfrySection) section = belfry_section_new ("hook", "x", "/f", 1);
    State state = { 0 };

    belfry_section_set (section, pairs[i][0], pairs[i][1], "/f", 2);
    belfry_option_table_read (&table, section, &state, NULL, problems);
    g_test_message ("%s=%s", pairs[i][0], pairs[i][1]);
    g_assert_cmpuint (belfry_problems_get_count (problems, BELFRY_SEVERITY_ERROR), ==, 1);
    g_assert_cmpstr (belfry_problems_get (problems, 0)->key, ==, pairs[i][0]);
    g_assert_cmpuint (belfry_problems_get (problems, 0)->line, ==, 2);
    belfry_option_table_clear (&table, &state);
  }
}

static void
test_alias (Fixture *fixture, gconstpointer unused)
{
  set (fixture, "old-text", "x");
  read_table (fixture);
  assert_no_problems (fixture);
  g_assert_cmpstr (fixture->state.text, ==, "x");
}

static void
test_alias_twice (Fixture *fixture, gconstpointer unused)
{
  set (fixture, "text", "x");
  set (fixture, "old-text", "y");
  read_table (fixture);
  assert_problem (fixture, 0,
                  "/etc/belfry/belfry.conf:12: [hook github] old-text: is the same as text, which "
                  "is set too, remove one of them");
}

static void
test_deprecated (Fixture *fixture, gconstpointer unused)
{
  set (fixture, "word", "x");
  read_table (fixture);
  assert_problem (fixture, 0,
                  "/etc/belfry/belfry.conf:11: [hook github] word: is now called text, and works "
                  "for the time being");
  g_assert_cmpuint (belfry_problems_get_count (fixture->problems, BELFRY_SEVERITY_WARNING), ==, 1);
  g_assert_cmpstr (fixture->state.text, ==, "x");
}

static void
test_required (Fixture *fixture, gconstpointer unused)
{
  belfry_option_table_read (&required_table, fixture->section, &fixture->state, NULL,
                            fixture->problems);
  assert_problem (
      fixture, 0,
      "/etc/belfry/belfry.conf:10: [hook github] needed: is required (string: a thing)");
  g_assert_cmpuint (belfry_problems_get_length (fixture->problems), ==, 2);
}

static void
test_required_empty (Fixture *fixture, gconstpointer unused)
{
  set (fixture, "needed", "");
  set (fixture, "env.x", "1");
  belfry_option_table_read (&required_table, fixture->section, &fixture->state, NULL,
                            fixture->problems);
  assert_problem (
      fixture, 0,
      "/etc/belfry/belfry.conf:11: [hook github] needed: is required (string: a thing)");
  g_assert_cmpuint (belfry_problems_get_length (fixture->problems), ==, 1);
}

static void
test_literal_secret (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *text = NULL;

  set (fixture, "secret", "hunter2");
  set (fixture, "users.bob", "plain:x");
  read_table (fixture);
  g_assert_cmpuint (belfry_problems_get_length (fixture->problems), ==, 1);
  g_assert_cmpuint (belfry_problems_get_count (fixture->problems, BELFRY_SEVERITY_WARNING), ==, 1);
  text = belfry_problem_to_text (belfry_problems_get (fixture->problems, 0));
  g_assert_null (strstr (text, "hunter2"));
  g_assert_cmpstr (belfry_secret_get_value (fixture->state.secret), ==, "hunter2");
}

static void
count_secret (gpointer secret, gpointer count)
{
  g_assert_cmpuint (belfry_secret_get_count (secret), >, 0);
  *(guint *)count += 1;
}

static void
test_visit_secrets (Fixture *fixture, gconstpointer unused)
{
  guint count = 0;

  set_all (fixture);
  set (fixture, "users.eve", "env:EVE");
  read_table (fixture);
  belfry_option_table_visit_secrets (&table, &fixture->state, count_secret, &count);
  g_assert_cmpuint (count, ==, 3);
}

/* a plugin of a newer library has longer rows */
static void
test_stride (void)
{
  typedef struct {
    BelfryOption row;
    char more[40]; /* lint: makes the row longer, holds no text */
  } LongRow;
  static const LongRow long_rows[] = {
    { BELFRY_INTEGER (State, count, "count") },
    { BELFRY_STRING (State, text, "text") },
    { { NULL } },
  };
  const BelfryOptionTable longer = { &long_rows[0].row, sizeof (LongRow) };
  const BelfryOption *first = belfry_option_table_next (&longer, NULL);
  const BelfryOption *second = belfry_option_table_next (&longer, first);

  g_assert_cmpstr (first->name, ==, "count");
  g_assert_cmpstr (second->name, ==, "text");
  g_assert_null (belfry_option_table_next (&longer, second));
  g_assert_true (belfry_option_table_find (&longer, "text") == second);
}

static void
test_range (void)
{
  static const struct {
    guint row;
    const char *range;
  } wanted[] = { { 1, "1 to 10" }, { 0, NULL }, { 7, "red, green, blue" } };
  g_autofree char *size = belfry_option_dup_range (&rows[4]);

  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++) {
    g_autofree char *range = belfry_option_dup_range (&rows[wanted[i].row]);

    g_assert_cmpstr (range, ==, wanted[i].range);
  }
  g_assert_true (g_str_has_prefix (size, "at least 1"));
}

static void
test_section (void)
{
  g_autoptr (BelfrySection) section = belfry_section_new ("reporter", "", "/a", 1);
  g_autoptr (BelfrySection) copy = NULL;

  belfry_section_set (section, "one", "1", "/a", 2);
  belfry_section_set (section, "two", "2", "/a", 3);
  belfry_section_set (section, "one", "3", "/b", 9);
  copy = belfry_section_copy (section);
  belfry_section_remove (section, "two");
  belfry_section_remove (section, "none");
  g_assert_null (belfry_section_find (section, "two"));
  g_assert_cmpuint (section->entries->len, ==, 1);
  g_assert_cmpuint (copy->entries->len, ==, 2);
  g_assert_cmpstr (belfry_section_find (copy, "one")->value, ==, "3");
  g_assert_cmpstr (belfry_section_find (copy, "one")->file, ==, "/b");
  g_assert_cmpuint (belfry_section_find (copy, "one")->line, ==, 9);
  g_assert_cmpstr (((BelfryEntry *)g_ptr_array_index (copy->entries, 0))->name, ==, "one");
}

static void
test_problem_told_once (void)
{
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  g_autoptr (BelfrySection) section = belfry_section_new ("host", "", "/a", 3);

  for (guint i = 0; i < 2; i++) {
    belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "url", "is no URL");
    belfry_problems_add_at (problems, BELFRY_SEVERITY_ERROR, "/a", 3, "is no URL");
  }
  g_assert_cmpuint (belfry_problems_get_length (problems), ==, 2);
  belfry_problems_add (problems, BELFRY_SEVERITY_WARNING, section, "url", "is no URL");
  belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "url", "is no address");
  belfry_problems_add (problems, BELFRY_SEVERITY_ERROR, section, "title", "is no URL");
  belfry_problems_add_at (problems, BELFRY_SEVERITY_ERROR, "/a", 4, "is no URL");
  belfry_problems_add_at (problems, BELFRY_SEVERITY_ERROR, "/b", 3, "is no URL");
  g_assert_cmpuint (belfry_problems_get_length (problems), ==, 7);
}

static void
test_problem_text (void)
{
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  g_autoptr (BelfrySection) section = belfry_section_new ("host", "", "/a", 4);
  g_autofree char *first = NULL;
  g_autofree char *second = NULL;

  belfry_problems_add (problems, BELFRY_SEVERITY_NOTE, section, NULL, "is %d", 3);
  belfry_problems_add_at (problems, BELFRY_SEVERITY_ERROR, "/b", 0, "is gone");
  first = belfry_problem_to_text (belfry_problems_get (problems, 0));
  second = belfry_problem_to_text (belfry_problems_get (problems, 1));
  g_assert_cmpstr (first, ==, "/a:4: [host]: is 3");
  g_assert_cmpstr (second, ==, "/b: is gone");
}

static void
test_secret_sources (void)
{
  static const struct {
    const char *spelling;
    BelfrySecretSource source;
    const char *name;
    const char *value;
    const char *shown;
  } cases[] = {
    { "secret:a-b", BELFRY_SECRET_NAMED, "a-b", NULL, "secret:a-b" },
    { "file:/run/x y", BELFRY_SECRET_FILE, "/run/x y", NULL, "file:/run/x y" },
    { "env:TOKEN", BELFRY_SECRET_ENVIRONMENT, "TOKEN", NULL, "env:TOKEN" },
    { "plain:a\\;b", BELFRY_SECRET_PLAIN, NULL, "a;b", "(set)" },
    { "pa:ss", BELFRY_SECRET_LITERAL, NULL, "pa:ss", "(set)" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (BelfrySecret) secret = belfry_secret_new (cases[i].spelling, &error);
    g_autofree char *shown = NULL;

    g_assert_no_error (error);
    shown = belfry_secret_dup_shown (secret);
    g_assert_cmpuint (belfry_secret_get_count (secret), ==, 1);
    g_assert_cmpuint (belfry_secret_get_source (secret, 0), ==, cases[i].source);
    g_assert_cmpstr (belfry_secret_get_name (secret, 0), ==, cases[i].name);
    g_assert_cmpstr (belfry_secret_get_value (secret), ==, cases[i].value);
    g_assert_cmpstr (shown, ==, cases[i].shown);
    g_assert_cmpint (belfry_secret_is_resolved (secret), ==, cases[i].value != NULL);
  }
}

static void
test_secret_refused (void)
{
  static const char *const spellings[] = {
    "", " ", "secret:", "secret:../x", "secret:a/b", "env:"
  };

  for (guint i = 0; i < G_N_ELEMENTS (spellings); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (belfry_secret_new (spellings[i], &error));
    g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG);
  }
}

static void
test_secret_rotation (void)
{
  g_autoptr (BelfrySecret) secret = belfry_secret_new ("env:NEW;env:OLD", NULL);
  guint generation = 9;

  g_assert_false (belfry_secret_equals (secret, "", NULL));
  belfry_secret_resolve (secret, 0, "new\r\n");
  g_assert_false (belfry_secret_is_resolved (secret));
  belfry_secret_resolve (secret, 1, "old\n");
  belfry_secret_resolve (secret, 1, "other");
  g_assert_true (belfry_secret_is_resolved (secret));
  g_assert_cmpstr (belfry_secret_get_value (secret), ==, "new");
  g_assert_cmpstr (belfry_secret_get_generation (secret, 1), ==, "old");
  g_assert_true (belfry_secret_equals (secret, "old", &generation));
  g_assert_cmpuint (generation, ==, 1);
  g_assert_true (belfry_secret_equals (secret, "new", &generation));
  g_assert_cmpuint (generation, ==, 0);
  g_assert_false (belfry_secret_equals (secret, "newer", &generation));
}

#define ADD(path, test) g_test_add (path, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/option/read/defaults", test_defaults);
  ADD ("/option/read/scalars", test_scalars);
  ADD ("/option/read/compounds", test_compounds);
  ADD ("/option/read/refused-by-type", test_refused);
  ADD ("/option/read/alias", test_alias);
  ADD ("/option/read/alias-and-name", test_alias_twice);
  ADD ("/option/read/deprecated", test_deprecated);
  ADD ("/option/read/required", test_required);
  ADD ("/option/read/required-but-empty", test_required_empty);
  ADD ("/option/secret/literal-warns", test_literal_secret);
  ADD ("/option/secret/visit", test_visit_secrets);
  for (guint i = 0; i < G_N_ELEMENTS (wrongs); i++) {
    g_autofree char *path = g_strdup_printf ("/option/wrong/%s-%u", wrongs[i].key, i);

    g_test_add (path, Fixture, &wrongs[i], set_up, test_wrong, tear_down);
  }
  g_test_add_func ("/option/table/stride", test_stride);
  g_test_add_func ("/option/table/range", test_range);
  g_test_add_func ("/option/section/set-copy-remove", test_section);
  g_test_add_func ("/option/problem/text", test_problem_text);
  g_test_add_func ("/option/problem/told-once", test_problem_told_once);
  g_test_add_func ("/option/secret/sources", test_secret_sources);
  g_test_add_func ("/option/secret/refused", test_secret_refused);
  g_test_add_func ("/option/secret/rotation", test_secret_rotation);
  return g_test_run ();
}
