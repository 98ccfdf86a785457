/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From files to blueprints: the grammar with its line numbers, and every way of being wrong. */
#include "config/config.h"

#include "config/keyfile.h"
#include "hooks/hook-keys.h"
#include "loader/test-plugins.h"
#include "www/www-keys.h"

#include <string.h>

typedef struct {
  char *plugins;
  char *folder;
  char *path; /* of belfry.conf */
  BelfryLoader *loader;
  BelfryProblems *problems;
  BelfryConfig *config;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer unused)
{
  const char *folders[] = { NULL, NULL };

  fixture->plugins = test_plugins_copy ();
  folders[0] = fixture->plugins;
  fixture->loader = belfry_loader_new (folders);
  fixture->folder = g_dir_make_tmp ("belfry-config-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "belfry.conf", NULL);
  fixture->problems = belfry_problems_new ();
}

static void
tear_down (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *drop_ins = g_strconcat (fixture->path, ".d", NULL);

  belfry_config_unref (fixture->config);
  belfry_problems_free (fixture->problems);
  belfry_loader_free (fixture->loader);
  test_plugins_remove (fixture->plugins);
  test_plugins_remove (drop_ins);
  test_plugins_remove (fixture->folder);
  g_free (fixture->plugins);
  g_free (fixture->folder);
  g_free (fixture->path);
}

/* @name: in the folder of the configuration */
static void
write_file (Fixture *fixture, const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (fixture->folder, name, NULL);
  g_autofree char *folder = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  g_assert_cmpint (g_chmod (path, 0600), ==, 0);
}

static void
load (Fixture *fixture, const char *text)
{
  if (text != NULL)
    write_file (fixture, "belfry.conf", text);
  fixture->config = belfry_config_load (fixture->path, fixture->loader, fixture->problems);
}

/* all findings, the folder's name left out, one a line */
static char *
dup_problems (Fixture *fixture, BelfrySeverity worst)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *prefix = g_strconcat (fixture->folder, "/", NULL);

  for (guint i = 0; i < belfry_problems_get_length (fixture->problems); i++) {
    const BelfryProblem *problem = belfry_problems_get (fixture->problems, i);
    g_autofree char *line = belfry_problem_to_text (problem);

    if (problem->severity <= worst)
      g_string_append_printf (text, "%s\n", line);
  }
  g_string_replace (text, prefix, "", 0);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
assert_problems (Fixture *fixture, BelfrySeverity worst, const char *wanted)
{
  g_autofree char *found = dup_problems (fixture, worst);

  g_assert_cmpstr (found, ==, wanted);
}

static const BelfrySection *
find_section (GPtrArray *sections, const char *kind, const char *name)
{
  for (guint i = 0; i < sections->len; i++) {
    const BelfrySection *section = g_ptr_array_index (sections, i);

    if (strcmp (section->kind, kind) == 0 && strcmp (section->name, name) == 0)
      return section;
  }
  return NULL;
}

static void
test_grammar (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GPtrArray) sections = NULL;
  const BelfrySection *section = NULL;

  write_file (fixture, "belfry.conf",
              "\xEF\xBB\xBF# comment\r\n"
              "\r\n"
              "  [reporter  team mail ]\r\n"
              "from_address =  a@b = c\\n \n"
              "\tenv.MY_VAR=x\n"
              "empty=\n"
              "[host]\n"
              "title=last line without its end");
  sections = belfry_keyfile_read (fixture->path, fixture->problems);
  assert_problems (fixture, BELFRY_SEVERITY_NOTE, "");
  g_assert_cmpuint (sections->len, ==, 2);
  section = find_section (sections, "reporter", "team mail");
  g_assert_cmpuint (section->line, ==, 3);
  g_assert_cmpstr (section->file, ==, fixture->path);
  g_assert_cmpstr (belfry_section_find (section, "from-address")->value, ==, "a@b = c\\n ");
  g_assert_cmpuint (belfry_section_find (section, "from-address")->line, ==, 4);
  g_assert_cmpstr (belfry_section_find (section, "env.MY_VAR")->value, ==, "x");
  g_assert_cmpstr (belfry_section_find (section, "empty")->value, ==, "");
  section = find_section (sections, "host", "");
  g_assert_cmpstr (belfry_section_find (section, "title")->value, ==, "last line without its end");
}

typedef struct {
  const char *name;
  const char *text;
  const char *problems;
} Wrong;

static const Wrong grammar_wrongs[] = {
  { "section-twice", "[host]\n[www]\n[host]\n",
    "belfry.conf:3: [host]: is written twice in this file, first in line 1, write it once\n" },
  { "key-twice", "[host]\ntitle=a\n\ntitle=b\n",
    "belfry.conf:4: [host] title: is written twice in this file, first in line 2, write it "
    "once\n" },
  { "key-twice-spelled-otherwise", "[host]\nlog_level=a\nlog-level=b\n",
    "belfry.conf:3: [host] log-level: is written twice in this file, first in line 2, write it "
    "once\n" },
  { "no-key", "[host]\nhello\n=x\n",
    "belfry.conf:2: [host]: is neither a key nor a section, write key=value, or # before a "
    "comment\n"
    "belfry.conf:3: [host]: is neither a key nor a section, write key=value, or # before a "
    "comment\n" },
  { "before-any-section", "a=b\n[host]\n",
    "belfry.conf:1: stands before the first section, write a [kind name] above it\n" },
  { "open-bracket", "[host\ntitle=x\n[hook a]b]\n",
    "belfry.conf:1: a section is written [kind name], without other brackets or a comment\n"
    "belfry.conf:3: a section is written [kind name], without other brackets or a comment\n" },
  { "empty-kind", "[]\n[ho/st x]\n",
    "belfry.conf:1: '' is no kind of section, write [kind name]\n"
    "belfry.conf:2: 'ho/st' is no kind of section, write [kind name]\n" },
  { "language", "[host]\ntitle[de]=x\n",
    "belfry.conf:2: [host] title[de]: a key holds no brackets; in a name after a dot write %5B and "
    "%5D, for a link use [project-link NAME] or [repository-link NAME]\n" },
  { "blank-in-key", "[host]\nthe title=x\n",
    "belfry.conf:2: [host] the title: a key is a word of letters, digits and dashes\n" },
  { "control-character",
    "[host]\ntitle=a\x01"
    "b\n",
    "belfry.conf:2: [host]: holds a control character, write \\n or \\t, or remove it\n" },
  { "no-utf8", "[host]\n\ntitle=\xFF\nlocale=de\n",
    "belfry.conf:3: [host]: is not UTF-8 text, save the file in UTF-8\n" },
  { "removal-of-nothing", "[host]\n!title\n",
    "belfry.conf:2: [host] title: there is nothing to take away\n" },
};

static void
test_grammar_wrong (Fixture *fixture, gconstpointer data)
{
  const Wrong *wrong = data;
  g_autoptr (GPtrArray) sections = NULL;

  write_file (fixture, "belfry.conf", wrong->text);
  sections = belfry_keyfile_read (fixture->path, fixture->problems);
  assert_problems (fixture, BELFRY_SEVERITY_NOTE, wrong->problems);
}

static void
test_drop_ins (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GPtrArray) sections = NULL;
  const BelfrySection *section = NULL;
  const BelfryEntry *entry = NULL;

  write_file (fixture, "belfry.conf", "[host]\ntitle=main\nlocale=de\n[www]\nlisten=8010\n");
  write_file (fixture, "belfry.conf.d/B.conf", "[host]\ntitle=upper\n");
  write_file (fixture, "belfry.conf.d/a.conf", "[host]\n\ntitle=\n!locale\n[store]\n");
  write_file (fixture, "belfry.conf.d/a.conf.bak", "[host]\ntitle=never\n");
  write_file (fixture, "belfry.conf.d/.x.conf", "[host]\ntitle=never\n");
  sections = belfry_keyfile_read (fixture->path, fixture->problems);
  g_assert_cmpuint (belfry_problems_get_count (fixture->problems, BELFRY_SEVERITY_ERROR), ==, 0);
  g_assert_cmpuint (belfry_problems_get_count (fixture->problems, BELFRY_SEVERITY_NOTE), ==, 5);
  section = g_ptr_array_index (sections, 0);
  entry = belfry_section_find (section, "title");
  g_assert_cmpstr (entry->value, ==, "");
  g_assert_cmpuint (entry->line, ==, 3);
  g_assert_true (g_str_has_suffix (entry->file, "/belfry.conf.d/a.conf"));
  g_assert_null (belfry_section_find (section, "locale"));
  g_assert_cmpstr (((const BelfrySection *)g_ptr_array_index (sections, 2))->kind, ==, "store");
}

static void
test_override_note (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GPtrArray) sections = NULL;

  write_file (fixture, "belfry.conf", "[host]\ntitle=main\n");
  write_file (fixture, "belfry.conf.d/a.conf", "[host]\n!title\n");
  write_file (fixture, "belfry.conf.d/b.conf", "[host]\ntitle=b\n");
  write_file (fixture, "belfry.conf.d/c.conf", "\n[host]\ntitle=c\n");
  sections = belfry_keyfile_read (fixture->path, fixture->problems);
  g_assert_cmpuint (sections->len, ==, 1);
  {
    g_autofree char *wanted = g_strdup_printf (
        "belfry.conf.d/a.conf:2: [host] title: takes away what belfry.conf:2 sets\n"
        "belfry.conf.d/c.conf:3: [host] title: overrides belfry.conf.d/b.conf:2\n");

    assert_problems (fixture, BELFRY_SEVERITY_NOTE, wanted);
  }
}

static void
test_missing_file (Fixture *fixture, gconstpointer unused)
{
  load (fixture, NULL);
  g_assert_null (fixture->config);
  g_assert_cmpuint (belfry_problems_get_count (fixture->problems, BELFRY_SEVERITY_ERROR), ==, 1);
}

static const char whole[] = "[host]\n"
                            "title=Bells\n"
                            "url=https://ci.example.org/x/\n"
                            "time-zone=UTC\n"
                            "alert=mail\n"
                            "[store]\n"
                            "keep-last=3\n"
                            "[www]\n"
                            "listen=tcp:8010:interface=127.0.0.1\n"
                            "[hook good]\n"
                            "secret=env:HOOK\n"
                            "exact=false\n"
                            "[engine runner]\n"
                            "plugin=good\n"
                            "things=one;two-2\n"
                            "[thing one]\n"
                            "slots=3\n"
                            "tells=mail\n"
                            "[thing two]\n"
                            "twice=yes\n"
                            "after=one\n"
                            "[reporter mail]\n"
                            "plugin=good\n"
                            "address=x\n"
                            "enabled=false\n"
                            "[codebase a]\n"
                            "repository=https://example.org/a.git\n"
                            "[codebase b]\n"
                            "repository=/srv/b\n"
                            "match=*/b/*;git@example.org:b\n"
                            "vcs=hg\n"
                            "[validate]\n"
                            "branch=^a+$\n"
                            "[projects]\n"
                            "My_Project.x=https://example.org/\n"
                            "[revlink all]\n"
                            "url=https://example.org/r/%s\n";

static void
test_whole (Fixture *fixture, gconstpointer unused)
{
  const BelfryBlueprint *engine = NULL;
  GPtrArray *things = NULL;
  const BelfryHookKeys *hook = NULL;

  load (fixture, whole);
  assert_problems (fixture, BELFRY_SEVERITY_NOTE, "");
  g_assert_nonnull (fixture->config);
  g_assert_cmpstr (fixture->config->host.title, ==, "Bells");
  g_assert_cmpstr (fixture->config->host.url, ==, "https://ci.example.org/x/");
  g_assert_cmpstr (fixture->config->host.time_zone_name, ==, "UTC");
  g_assert_cmpstr (fixture->config->host.locale, ==, "en");
  g_assert_cmpint (fixture->config->host.late_reports, ==, G_GINT64_CONSTANT (3600000000));
  g_assert_cmpint (fixture->config->store.keep_last, ==, 3);
  g_assert_cmpint (fixture->config->store.min_free, ==, 1 << 30);
  g_assert_cmpuint (fixture->config->blueprints->len, ==, 3);
  hook = belfry_config_find (fixture->config, BELFRY_KIND_HOOK, "good")->host_state;
  g_assert_cmpint (hook->tolerance, ==, G_GINT64_CONSTANT (120000000));
  g_assert_cmpint (hook->max_body, ==, 25 << 20);
  engine = belfry_config_find (fixture->config, BELFRY_KIND_ENGINE, "runner");
  things = g_hash_table_lookup (engine->owned, "thing");
  g_assert_cmpuint (things->len, ==, 3);
  g_assert_cmpstr (((BelfryOwnedSection *)g_ptr_array_index (things, 1))->name, ==, "two-2");
  g_assert_false (belfry_config_find (fixture->config, BELFRY_KIND_REPORTER, "mail")->keys.enabled);
  g_assert_null (belfry_config_find (fixture->config, BELFRY_KIND_HOOK, "mail"));
}

/* what a hook's options decide of its descriptor counts; the descriptor itself stays as it is */
static void
test_described (Fixture *fixture, gconstpointer unused)
{
  const BelfryBlueprint *blueprint = NULL;
  const BelfryHook *described = NULL;

  load (fixture, "[hook good]\nsecret=env:A\nkind=X-Signature\n");
  g_assert_nonnull (fixture->config);
  blueprint = belfry_config_find (fixture->config, BELFRY_KIND_HOOK, "good");
  described = belfry_blueprint_get_plugin (blueprint);
  g_assert_cmpstr (described->signatures[0].header, ==, "X-Signature");
  g_assert_cmpstr (described->name, ==, "good");
  g_assert_null (((const BelfryHook *)blueprint->plugin)->signatures);
}

static void
test_codebase (Fixture *fixture, gconstpointer unused)
{
  static const struct {
    const char *repository;
    const char *codebase;
  } cases[] = {
    { "https://example.org/a", "a" },
    { "git@example.org:a.git", "a" },
    { "https://other.org/b/x", "b" },
    { "ssh://git@example.org/b.git", "b" },
    { "/srv/b", NULL },
    { "https://example.org/c", NULL },
  };

  load (fixture, whole);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    const BelfryCodebase *codebase =
        belfry_config_find_codebase (fixture->config, cases[i].repository);

    g_test_message ("%s", cases[i].repository);
    g_assert_cmpstr (codebase != NULL ? codebase->name : NULL, ==, cases[i].codebase);
  }
}

static const Wrong wrongs[] = {
  { "unknown-kind", "[hosst]\n[hook good]\nsecret=env:A\n",
    "belfry.conf:1: [hosst]: there is no such kind of section, did you mean host?\n" },
  { "kind-of-an-absent-plugin", "[thing one]\n",
    "belfry.conf:1: [thing one]: this kind of section belongs to a plugin that no instance has, "
    "write [engine good]\n" },
  { "unknown-keys",
    "[host]\ntitel=x\n[store]\nkeepLast=3\n[hook good]\nsecret=env:A\nexatc=true\ntolerence=1\n",
    "belfry.conf:2: [host] titel: there is no such key, did you mean title?\n"
    "belfry.conf:4: [store] keepLast: there is no such key, did you mean keep-last?\n"
    "belfry.conf:7: [hook good] exatc: there is no such key, did you mean exact?\n"
    "belfry.conf:8: [hook good] tolerence: there is no such key, did you mean tolerance?\n" },
  { "title-twice", "[host]\ntitle=a\n[www]\ntitle=b\n",
    "belfry.conf:4: [www] title: is set in [host] too, line 2 of belfry.conf, remove one of "
    "them\n" },
  { "wrong-names",
    "[host x]\n[codebase]\nrepository=x\n[hook]\n[hook a/b]\nplugin=good\nsecret=env:A\n",
    "belfry.conf:1: [host x]: there is only one section of this kind, write [host]\n"
    "belfry.conf:2: [codebase]: a section of this kind needs a name, write [codebase NAME]\n"
    "belfry.conf:4: [hook]: needs a name, write [hook NAME]\n"
    "belfry.conf:5: [hook a/b]: a name has letters, digits, '_' and '-', at most 50\n" },
  { "path-as-plugin", "[reporter x]\nplugin=../x\n",
    "belfry.conf:2: [reporter x] plugin: names a plugin and no file, write it without '/', and its "
    "folder in [host] plugin-directories\n" },
  { "references",
    "[host]\nalert=mai\n[engine good]\nthings=one;on;x*\n[thing one]\ntells=mail\nafter=two\n"
    "[reporter mail]\nplugin=good\naddress=x\n",
    "belfry.conf:2: [host] alert: there is no reporter 'mai', did you mean 'mail'?\n"
    "belfry.conf:4: [engine good] things: there is no thing 'on', did you mean 'one'?\n"
    "belfry.conf:7: [thing one] after: there is no thing 'two'\n" },
  { "circle", "[engine good]\n[thing a]\nafter=b\n[thing b]\nafter=c\n[thing c]\nafter=a\n",
    "belfry.conf:7: [thing c] after: goes in a circle: a → b → c → a\n" },
  { "variant", "[hook good]\nsecret=env:A\nkind=hg\ndepth=1\n",
    "belfry.conf:4: [hook good] depth: applies only with kind=git, remove it or set that\n" },
  { "required", "[reporter good]\n[codebase a]\n",
    "belfry.conf:2: [codebase a] repository: is required (string: what is checked out)\n"
    "belfry.conf:1: [reporter good] address: is required (string: where to)\n" },
  { "owned-values", "[engine good]\n[thing a]\nslots=12\nslot=1\n",
    "belfry.conf:3: [thing a] slots: '12' is out of range, write 1 to 9\n"
    "belfry.conf:4: [thing a] slot: there is no such key, did you mean slots?\n" },
  { "second-owner", "[engine a]\nplugin=good\n[engine b]\nplugin=good\n",
    "belfry.conf:4: [engine b] plugin: there is one instance of this plugin at most, since "
    "sections are its own, and [engine a] of line 1 is there already\n" },
  { "twins", "[engine good]\n[thing a-2]\n[thing a]\ntwice=1\n",
    "belfry.conf:3: [thing a-2]: there is a section of this name already, in line 2 of "
    "belfry.conf\n" },
  { "isolation", "[engine good]\nisolation=process\n",
    "belfry.conf:2: [engine good] isolation: only hooks and reporters run in a process of their "
    "own, write none\n" },
  { "isolation-memory", "[hook good]\nsecret=env:A\nisolation=process\nmemory-max=1MiB\n",
    "belfry.conf:4: [hook good] memory-max: a process cannot start with less than 32 MiB\n" },
  { "empty-secret", "[hook good]\nsecret=\n",
    "belfry.conf:2: [hook good] secret: a secret must not be empty, write secret:NAME, file:PATH, "
    "env:NAME or plain:TEXT\n" },
  { "links",
    "[revlink a]\nurl=javascript:x\n[changecommentlink b]\nregex=#(\\d+)\n"
    "url=https://x/\\2\ntitle=\\g<no>\n[projects]\nP=\nQ=ftp://x\n",
    "belfry.conf:2: [revlink a] url: a link begins with http:// or https://, or is relative\n"
    "belfry.conf:5: [changecommentlink b] url: names a group that the expression does not have, "
    "it has 1\n"
    "belfry.conf:6: [changecommentlink b] title: names a group that the expression does not have, "
    "it has 1\n"
    "belfry.conf:8: [projects] P: has no address, write NAME=https://…\n"
    "belfry.conf:9: [projects] Q: a link begins with http:// or https://, or is relative\n" },
};

static void
test_wrong (Fixture *fixture, gconstpointer data)
{
  const Wrong *wrong = data;

  load (fixture, wrong->text);
  assert_problems (fixture, BELFRY_SEVERITY_ERROR, wrong->problems);
  g_assert_null (fixture->config);
}

/* what is only an instance's misfortune does not keep the host from starting */
static void
test_failures (Fixture *fixture, gconstpointer unused)
{
  const BelfryBlueprint *blueprint = NULL;

  load (fixture, "[auth greedy]\n[bot foreign]\nanything=1\n[engine gone]\n[thing x]\nslots=1\n"
                 "[builder y]\n");
  g_assert_nonnull (fixture->config);
  g_assert_cmpuint (belfry_problems_get_count (fixture->problems, BELFRY_SEVERITY_FAILURE), ==, 5);
  blueprint = belfry_config_find (fixture->config, BELFRY_KIND_AUTH, "greedy");
  g_assert_error (blueprint->failure, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (blueprint->failure->message, "declares the key 'enabled'"));
  g_assert_null (blueprint->plugin);
  blueprint = belfry_config_find (fixture->config, BELFRY_KIND_BOT, "foreign");
  g_assert_error (blueprint->failure, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED);
  blueprint = belfry_config_find (fixture->config, BELFRY_KIND_ENGINE, "gone");
  g_assert_error (blueprint->failure, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND);
}

static void
test_plugin_check (Fixture *fixture, gconstpointer unused)
{
  load (fixture, "[engine good]\n[thing a]\nslots=9\n");
  g_assert_nonnull (fixture->config);
  assert_problems (fixture, BELFRY_SEVERITY_WARNING,
                   "belfry.conf:3: [thing a] slots: nine is many\n");
}

static void
test_name_key (Fixture *fixture, gconstpointer unused)
{
  const BelfryBlueprint *engine = NULL;
  GPtrArray *things = NULL;

  load (fixture, "[engine good]\nthings=a[1]\n[thing x]\nname=a[1]\n");
  assert_problems (fixture, BELFRY_SEVERITY_NOTE, "");
  engine = belfry_config_find (fixture->config, BELFRY_KIND_ENGINE, "good");
  things = g_hash_table_lookup (engine->owned, "thing");
  g_assert_cmpstr (((BelfryOwnedSection *)g_ptr_array_index (things, 0))->name, ==, "a[1]");
}

static void
test_case (Fixture *fixture, gconstpointer unused)
{
  load (fixture, "[engine good]\n[thing a]\n[thing A]\n");
  assert_problems (fixture, BELFRY_SEVERITY_WARNING,
                   "belfry.conf:3: [thing A]: differs from [thing a] of line 2 in capitals only\n");
}

static void
test_open_secret (Fixture *fixture, gconstpointer strict)
{
  g_autofree char *secret = g_build_filename (fixture->folder, "token", NULL);
  g_autofree char *wanted = g_strdup_printf (
      "belfry.conf:4: [hook good] secret: the secret is in 'token', which everybody may read, "
      "chmod o-rw it\n");

  write_file (fixture, "token", "x\n");
  g_assert_cmpint (g_chmod (secret, 0644), ==, 0);
  load (fixture, strict != NULL
                     ? "[host]\nstrict-permissions=true\n[hook good]\nsecret=file:token\n"
                     : "[host]\n\n[hook good]\nsecret=file:token\n");
  assert_problems (fixture, strict != NULL ? BELFRY_SEVERITY_ERROR : BELFRY_SEVERITY_WARNING,
                   wanted);
  g_assert_cmpint (fixture->config == NULL, ==, strict != NULL);
}

static void
test_look_up (Fixture *fixture, gconstpointer unused)
{
  write_file (fixture, "empty", "\n");
  load (fixture, "[hook a]\nplugin=good\nsecret=file:gone\n"
                 "[hook b]\nplugin=good\nsecret=file:empty\n"
                 "[hook c]\nplugin=good\nsecret=secret:unseen\n");
  g_assert_nonnull (fixture->config);
  belfry_config_look_up_secrets (fixture->config, fixture->problems);
  g_assert_cmpuint (belfry_problems_get_count (fixture->problems, BELFRY_SEVERITY_FAILURE), ==, 2);
  g_assert_cmpuint (belfry_problems_get_count (fixture->problems, BELFRY_SEVERITY_NOTE), ==, 1);
}

static void
test_same (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (BelfryConfig) before = NULL;
  const BelfryBlueprint *engine = NULL;

  load (fixture,
        "[engine good]\n[thing a]\nslots=2\n[hook good]\nsecret=env:A\n[hook x]\nplugin=good\n"
        "secret=env:B\n");
  before = g_steal_pointer (&fixture->config);
  load (fixture, "# moved\n[hook good]\nsecret=env:A\n[engine good]\n[thing a]\nslots=3\n[hook x]\n"
                 "plugin=good\nsecret=env:C\n");
  engine = belfry_config_find (before, BELFRY_KIND_ENGINE, "good");
  g_assert_true (
      belfry_blueprint_is_same (belfry_config_find (before, BELFRY_KIND_HOOK, "good"),
                                belfry_config_find (fixture->config, BELFRY_KIND_HOOK, "good")));
  g_assert_false (
      belfry_blueprint_is_same (belfry_config_find (before, BELFRY_KIND_HOOK, "x"),
                                belfry_config_find (fixture->config, BELFRY_KIND_HOOK, "x")));
  g_assert_false (belfry_blueprint_is_same (
      engine, belfry_config_find (fixture->config, BELFRY_KIND_ENGINE, "good")));
  g_assert_true (belfry_blueprint_is_same (engine, engine));
}

static void
test_url (Fixture *fixture, gconstpointer unused)
{
  load (fixture, "[www]\ntitle=T\n"
                 "listen=unix:/run/x;tcp:0:interface=127.0.0.1;tcp:8011:interface=127.0.0.1\n");
  assert_problems (fixture, BELFRY_SEVERITY_WARNING, "");
  g_assert_cmpstr (fixture->config->host.url, ==, "http://127.0.0.1:8011/");
  g_assert_cmpstr (fixture->config->host.title, ==, "T");
  g_assert_nonnull (fixture->config->www);
}

static void
test_no_listener (Fixture *fixture, gconstpointer unused)
{
  load (fixture, "");
  g_assert_null (fixture->config->host.url);
  g_assert_null (fixture->config->www);
  g_assert_cmpstr (fixture->config->host.title, ==, "Belfry");
  g_assert_true (g_path_is_absolute (fixture->config->host.state_directory));
}

static void
test_find_path (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *given = belfry_config_find_path ("x.conf");
  g_autofree char *here = g_canonicalize_filename ("x.conf", NULL);
  g_autofree char *other = NULL;

  g_assert_cmpstr (given, ==, here);
  g_setenv ("BELFRY_CONFIG", "/y/z.conf", TRUE);
  other = belfry_config_find_path (NULL);
  g_unsetenv ("BELFRY_CONFIG");
  g_assert_cmpstr (other, ==, "/y/z.conf");
}

static void
test_plugin_directories (Fixture *fixture, gconstpointer unused)
{
  const char *none[] = { NULL };
  g_autoptr (BelfryLoader) loader = belfry_loader_new (none);
  g_autofree char *text =
      g_strdup_printf ("[host]\nplugin-directories=%s\n[engine good]\n", fixture->plugins);

  write_file (fixture, "belfry.conf", text);
  fixture->config = belfry_config_load (fixture->path, loader, fixture->problems);
  assert_problems (fixture, BELFRY_SEVERITY_WARNING, "");
}

#define ADD(path, test) g_test_add (path, Fixture, NULL, set_up, test, tear_down)

typedef void (*WrongTest) (Fixture *fixture, gconstpointer data);

static void
add_wrongs (const char *room, const Wrong *list, guint count, WrongTest test)
{
  for (guint i = 0; i < count; i++) {
    g_autofree char *path = g_strconcat (room, list[i].name, NULL);

    g_test_add (path, Fixture, &list[i], set_up, test, tear_down);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_unsetenv ("BELFRY_PLUGIN_PATH");
  ADD ("/config/keyfile/grammar", test_grammar);
  add_wrongs ("/config/keyfile/wrong/", grammar_wrongs, G_N_ELEMENTS (grammar_wrongs),
              test_grammar_wrong);
  ADD ("/config/keyfile/drop-ins", test_drop_ins);
  ADD ("/config/keyfile/overrides-are-noted", test_override_note);
  ADD ("/config/load/missing-file", test_missing_file);
  ADD ("/config/load/whole", test_whole);
  ADD ("/config/load/codebase", test_codebase);
  ADD ("/config/load/described", test_described);
  add_wrongs ("/config/load/wrong/", wrongs, G_N_ELEMENTS (wrongs), test_wrong);
  ADD ("/config/load/failures-are-the-instances", test_failures);
  ADD ("/config/load/plugin-checks", test_plugin_check);
  ADD ("/config/load/name-by-key", test_name_key);
  ADD ("/config/load/names-in-capitals", test_case);
  ADD ("/config/load/url-of-listener", test_url);
  ADD ("/config/load/no-listener", test_no_listener);
  ADD ("/config/load/plugin-directories", test_plugin_directories);
  ADD ("/config/secrets/readable-by-all", test_open_secret);
  g_test_add ("/config/secrets/strict", Fixture, "", set_up, test_open_secret, tear_down);
  ADD ("/config/secrets/look-up", test_look_up);
  ADD ("/config/reload/same-section", test_same);
  ADD ("/config/find/path", test_find_path);
  return g_test_run ();
}
