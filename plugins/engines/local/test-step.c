/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Steps without processes: grammar, items, decoding, results, git's plan, output, frames,
 * properties. */
#include "decode.h"
#include "git-plan.h"
#include "output.h"
#include "properties.h"
#include "protocol.h"
#include "refs.h"
#include "result.h"
#include "sections.h"
#include "step-list.h"
#include <string.h>

static void
test_branches (void)
{
  static const char *const good[] = {
    "main", "release/1.0", "refs/pull/7/head", "refs/changes/01/1/2", "a-b_c", "ü"
  };
  static const char *const bad[] = { "",      "-x",   "--upload-pack=x",
                                     "a b",   "a..b", "a~1",
                                     "a^",    "a:b",  "a?",
                                     "a*",    "a[b",  "a\\b",
                                     "/a",    "a/",   "a//b",
                                     ".a",    "a.",   "a.lock",
                                     "a@{1}", "@",    "a\nb",
                                     "a\x7f", "a/.b", "\xff" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++)
    g_assert_true (local_branch_is_valid (good[i]));
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autofree char *shown = g_strescape (bad[i], NULL);

    g_test_message ("'%s'", shown);
    g_assert_false (local_branch_is_valid (bad[i]));
  }
  g_assert_false (local_revision_is_valid ("-x"));
  g_assert_true (local_revision_is_valid ("abcd"));
  g_assert_true (local_revision_is_valid ("v1.0"));
  g_assert_false (local_revision_is_id ("abc"));
}

static gboolean
is_allowed (const char *repository)
{
  const char *const allowed[] = { "https", "ssh", "git", "file", NULL };

  return local_check_repository (repository, allowed, NULL);
}

static void
test_repositories (void)
{
  static const char *const good[] = { "https://example.org/a.git", "ssh://git@example.org/a",
                                      "git@example.org:a.git", "/srv/a.git", "file:///srv/a" };
  static const char *const bad[] = { "",
                                     "ext::sh -c id",
                                     "fd::3",
                                     "http://example.org/a",
                                     "-oProxyCommand=x",
                                     "ssh://-oProxyCommand=x/a",
                                     "git@-x:a",
                                     "https://a\nb",
                                     "ftp://x/y" };

  for (guint i = 0; i < G_N_ELEMENTS (good); i++) {
    g_test_message ("'%s'", good[i]);
    g_assert_true (is_allowed (good[i]));
  }
  for (guint i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_test_message ("'%s'", bad[i]);
    g_assert_false (is_allowed (bad[i]));
  }
}

static void
test_paths (void)
{
  g_assert_true (local_path_is_beneath ("build"));
  g_assert_true (local_path_is_beneath ("a/b..c"));
  g_assert_false (local_path_is_beneath (""));
  g_assert_false (local_path_is_beneath ("/etc"));
  g_assert_false (local_path_is_beneath ("a/../../b"));
  g_assert_false (local_path_is_beneath (".."));
}

static void
test_items (void)
{
  const char *const sections[] = { "git", "compile", NULL };
  g_autoptr (LocalItem) section = local_item_parse ("git", sections, NULL);
  g_autoptr (LocalItem) command = local_item_parse ("command:make   -j4\tall", sections, NULL);
  g_autoptr (LocalItem) property = local_item_parse ("set-property:a=b;c\\d", sections, NULL);
  g_autoptr (BelfrySection) made = local_item_to_section (property, "f", 3);
  g_autoptr (GError) error = NULL;
  g_autofree char *name = local_item_dup_name (command);

  g_assert_cmpint (section->kind, ==, LOCAL_ITEM_SECTION);
  g_assert_cmpstr (name, ==, "make -j4 all");
  g_assert_cmpstr (belfry_section_find (made, "property")->value, ==, "a");
  g_assert_cmpstr (belfry_section_find (made, "value")->value, ==, "b\\;c\\\\d");
  g_assert_null (local_item_parse ("command", sections, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG);
}

static void
test_names (void)
{
  g_autoptr (GHashTable) used = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *one = local_name_unused ("make", used);
  g_autofree char *two = local_name_unused ("make", used);
  g_autofree char *three = local_name_unused ("make", used);
  g_autofree char *cut =
      local_name_cut ("äääääääääääääääääääääääääääääääääääääääääääääääääääääääääääää");

  g_assert_cmpstr (one, ==, "make");
  g_assert_cmpstr (two, ==, "make_1");
  g_assert_cmpstr (three, ==, "make_2");
  g_assert_cmpint (g_utf8_strlen (cut, -1), ==, 50);
}

static void
test_decode (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree LocalDecode *decode =
      local_decode_new ("0=success;77=skipped;*=warnings;signal=exception", &error);
  g_autofree LocalDecode *plain = local_decode_new ("77=skipped", NULL);

  g_assert_no_error (error);
  g_assert_cmpint (local_decode_exit (decode, 77), ==, BELFRY_RESULT_SKIPPED);
  g_assert_cmpint (local_decode_exit (decode, 1), ==, BELFRY_RESULT_WARNINGS);
  g_assert_cmpint (local_decode_signal (decode), ==, BELFRY_RESULT_EXCEPTION);
  g_assert_cmpint (local_decode_exit (plain, 0), ==, BELFRY_RESULT_SUCCESS);
  g_assert_cmpint (local_decode_exit (plain, 3), ==, BELFRY_RESULT_FAILURE);
  g_assert_cmpint (local_decode_signal (plain), ==, BELFRY_RESULT_FAILURE);
  g_assert_null (local_decode_new ("256=success", NULL));
  g_assert_null (local_decode_new ("0=fine", NULL));
}

static void
test_contributions (void)
{
  static const gint64 unchanged[] = { BELFRY_RESULT_SUCCESS, BELFRY_RESULT_SKIPPED,
                                      BELFRY_RESULT_EXCEPTION, BELFRY_RESULT_RETRY,
                                      BELFRY_RESULT_CANCELLED };

  for (guint flags = 0; flags < 16; flags++) {
    const LocalStepKeys keys = { .flunk_on_failure = (flags & 1) != 0,
                                 .warn_on_failure = (flags & 2) != 0,
                                 .flunk_on_warnings = (flags & 4) != 0,
                                 .warn_on_warnings = (flags & 8) != 0 };

    g_assert_cmpint (local_result_contribution (&keys, BELFRY_RESULT_FAILURE), ==,
                     (flags & 1) != 0   ? BELFRY_RESULT_FAILURE
                     : (flags & 2) != 0 ? BELFRY_RESULT_WARNINGS
                                        : BELFRY_RESULT_SUCCESS);
    g_assert_cmpint (local_result_contribution (&keys, BELFRY_RESULT_WARNINGS), ==,
                     (flags & 4) != 0   ? BELFRY_RESULT_FAILURE
                     : (flags & 8) != 0 ? BELFRY_RESULT_WARNINGS
                                        : BELFRY_RESULT_SUCCESS);
    for (guint i = 0; i < G_N_ELEMENTS (unchanged); i++)
      g_assert_cmpint (local_result_contribution (&keys, unchanged[i]), ==, unchanged[i]);
  }
}

static void
test_texts (void)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  const char *const argv[] = { "make", "check", NULL };
  g_autofree char *failed = NULL;
  g_autofree char *stopped = NULL;
  g_autofree char *retried = NULL;
  g_autofree char *shown = local_argv_to_text (argv);
  g_autofree char *done = local_step_done_text ("update", BELFRY_RESULT_FAILURE);

  g_ptr_array_add (names, (gpointer) "make check");
  failed = local_build_text (BELFRY_RESULT_FAILURE, NULL, names);
  stopped = local_build_text (BELFRY_RESULT_CANCELLED, "enough", names);
  retried = local_build_text (BELFRY_RESULT_RETRY, "host restarted", names);
  g_assert_cmpstr (failed, ==, "failed make check");
  g_assert_cmpstr (stopped, ==, "cancelled (enough) make check");
  g_assert_cmpstr (retried, ==, "retry host restarted make check");
  g_assert_cmpstr (shown, ==, "'make check'");
  g_assert_cmpstr (done, ==, "update (failure)");
}

/* git */

typedef struct {
  LocalSection *section;
  LocalCheckout git;
} Plan;

static void
plan_begin (Plan *self, const char *const *keys, gboolean has_tree)
{
  g_autoptr (BelfrySection) section = belfry_section_new ("step", "s", "f", 1);
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();

  belfry_section_set (section, "kind", "git", "f", 1);
  for (guint i = 0; keys[i] != NULL; i += 2)
    belfry_section_set (section, keys[i], keys[i + 1], "f", 1);
  self->section = local_section_new (section, local_step_options, sizeof (LocalStepKeys), problems);
  self->git = (LocalCheckout){ .plan = &local_git_plan,
                               .keys = self->section->keys,
                               .repository = g_strdup ("/srv/x"),
                               .tree = g_strdup ("/b/build"),
                               .work = g_strdup ("/b/build"),
                               .branch = "main",
                               .has_tree = has_tree };
}

static void
plan_end (Plan *self)
{
  local_checkout_clear (&self->git);
  local_section_unref (self->section);
}

/* @script: for each action that is expected, whether it succeeds */
static void
play (Plan *self, const LocalGitAction *actions, const gboolean *success, guint n_actions)
{
  int action = local_git_plan.begin (&self->git);

  for (guint i = 0; i < n_actions; i++) {
    const char *output =
        action == LOCAL_GIT_GET_URL ? "/srv/x" : "0123456789012345678901234567890123456789";

    g_test_message ("action %u", i);
    g_assert_cmpint (action, ==, (int)actions[i]);
    action = local_git_plan.next (&self->git, success[i], output);
  }
  g_assert_cmpint (action, ==, (int)actions[n_actions]);
}
#define PLAY(plan, actions, success) play (plan, actions, success, G_N_ELEMENTS (success))

static void
test_git_incremental (void)
{
  Plan plan = { 0 };
  const LocalGitAction actions[] = { LOCAL_GIT_GET_URL, LOCAL_GIT_FETCH,     LOCAL_GIT_CHECKOUT,
                                     LOCAL_GIT_BRANCH,  LOCAL_GIT_REV_PARSE, LOCAL_GIT_DONE };
  const gboolean success[] = { TRUE, TRUE, TRUE, FALSE, TRUE };

  plan_begin (&plan, (const char *const[]){ NULL }, TRUE);
  PLAY (&plan, actions, success);
  plan_end (&plan);
}

static void
test_git_known_revision (void)
{
  Plan plan = { 0 };
  const LocalGitAction actions[] = { LOCAL_GIT_GET_URL,  LOCAL_GIT_CLEAN,  LOCAL_GIT_HAS_REVISION,
                                     LOCAL_GIT_CHECKOUT, LOCAL_GIT_BRANCH, LOCAL_GIT_REV_PARSE,
                                     LOCAL_GIT_DONE };
  const gboolean success[] = { TRUE, TRUE, TRUE, TRUE, TRUE, TRUE };

  plan_begin (&plan, (const char *const[]){ "mode", "full", NULL }, TRUE);
  plan.git.revision = "abcdef";
  PLAY (&plan, actions, success);
  plan_end (&plan);
}

static void
test_git_foreign_revision (void)
{
  Plan plan = { 0 };
  const LocalGitAction actions[] = { LOCAL_GIT_GET_URL,  LOCAL_GIT_HAS_REVISION,
                                     LOCAL_GIT_FETCH,    LOCAL_GIT_HAS_REVISION,
                                     LOCAL_GIT_FETCH_ID, LOCAL_GIT_FAILED };
  const gboolean success[] = { TRUE, FALSE, TRUE, FALSE, FALSE };

  plan_begin (&plan, (const char *const[]){ NULL }, TRUE);
  plan.git.revision = "abcdef";
  PLAY (&plan, actions, success);
  plan_end (&plan);
}

static void
test_git_retry_then_clobber (void)
{
  Plan plan = { 0 };
  const LocalGitAction actions[] = { LOCAL_GIT_GET_URL,  LOCAL_GIT_FETCH,  LOCAL_GIT_WAIT,
                                     LOCAL_GIT_FETCH,    LOCAL_GIT_REMOVE, LOCAL_GIT_CLONE,
                                     LOCAL_GIT_CHECKOUT, LOCAL_GIT_FAILED };
  const gboolean success[] = { TRUE, FALSE, TRUE, FALSE, TRUE, TRUE, FALSE };

  plan_begin (&plan,
              (const char *const[]){ "retry-fetch", "true", "clobber-on-failure", "true", NULL },
              TRUE);
  PLAY (&plan, actions, success);
  plan_end (&plan);
}

static void
test_git_argv (void)
{
  Plan plan = { 0 };
  g_auto (GStrv) fetch = NULL;
  g_autofree char *line = NULL;
  g_auto (GStrv) clone = NULL;
  g_autofree char *clone_line = NULL;

  plan_begin (&plan,
              (const char *const[]){ "mode", "full", "method", "clobber", "shallow", "3", NULL },
              TRUE);
  plan.git.action = LOCAL_GIT_FETCH;
  fetch = local_git_plan.argv (&plan.git);
  line = g_strjoinv (" ", fetch);
  g_assert_cmpstr (line, ==,
                   "git fetch -f --no-recurse-submodules -t --depth=3 --progress -- origin main");
  plan.git.action = LOCAL_GIT_CLONE;
  clone = local_git_plan.argv (&plan.git);
  clone_line = g_strjoinv (" ", clone);
  g_assert_cmpstr (clone_line, ==,
                   "git clone --no-checkout --origin=origin --depth=3 --branch=main --progress -- "
                   "/srv/x /b/build");
  plan_end (&plan);
}

/* output */

static void
assert_lines (LocalOutput *output, const char *expected, guint n_expected)
{
  guint n_lines = 0;
  g_autoptr (GBytes) lines = local_output_take (output, &n_lines);
  gsize length = 0;
  const char *bytes = g_bytes_get_data (lines, &length);

  g_assert_cmpmem (bytes, length, expected, strlen (expected));
  g_assert_cmpuint (n_lines, ==, n_expected);
}

static void
test_output_streams (void)
{
  g_autoptr (LocalOutput) output = local_output_new (NULL, FALSE, NULL);

  local_output_add (output, LOCAL_STREAM_OUT, "hel", 3);
  local_output_add (output, LOCAL_STREAM_ERR, "bad\n", 4);
  local_output_add (output, LOCAL_STREAM_OUT, "lo\nx\r\xff", 6);
  assert_lines (output, "ebad\nohello\n", 2);
  local_output_flush (output, FALSE);
  assert_lines (output, "ox\r\357\277\275\nh(the next line continues this one)\n", 2);
  local_output_add_header (output, "one\ntwo");
  assert_lines (output, "hone\nhtwo\n", 2);
}

static void
test_output_long_line (void)
{
  g_autoptr (LocalOutput) output = local_output_new (NULL, FALSE, NULL);
  g_autofree char *text = g_strnfill (LOCAL_LINE_BYTES - 1, 'x');
  guint n_lines = 0;
  g_autoptr (GBytes) lines = NULL;

  /* the character that would be torn goes to the next line whole */
  local_output_add (output, LOCAL_STREAM_OUT, text, strlen (text));
  local_output_add (output, LOCAL_STREAM_OUT, "\303\244\n", 3);
  lines = local_output_take (output, &n_lines);
  g_assert_cmpuint (n_lines, ==, 2);
  g_assert_true (g_str_has_suffix (g_bytes_get_data (lines, NULL), "x\no\303\244\n") ||
                 g_bytes_get_size (lines) == LOCAL_LINE_BYTES + 5);
}

static void
test_output_encoding (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LocalOutput) output = local_output_new ("iso-8859-1", FALSE, NULL);

  local_output_add (output, LOCAL_STREAM_OUT, "\344\n", 2);
  assert_lines (output, "o\303\244\n", 1);
  g_assert_null (local_output_new ("no-such-encoding", FALSE, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG);
}

/* frames */

static void
test_frames (void)
{
  g_autoptr (GByteArray) buffer = g_byte_array_new ();
  g_autoptr (GByteArray) stream = g_byte_array_new ();
  const char *const argv[] = { "a", "", "c d", NULL };
  const char *const environment[] = { "X=1", NULL };
  const LocalJob job = { .argv = argv,
                         .environment = environment,
                         .folder = "/tmp",
                         .input = "in",
                         .umask = 022,
                         .nice = 5,
                         .pty = TRUE,
                         .tasks_max = 7,
                         .cgroup = "/c" };
  LocalJob parsed = { 0 };
  g_autoptr (GVariant) variant = NULL;
  g_autoptr (GBytes) payload = NULL;
  LocalFrameType type = 0;
  gboolean broken = FALSE;

  local_frame_append_job (buffer, &job);
  for (guint i = 0; i < buffer->len; i++) {
    g_assert_false (local_frame_next (stream, &type, &payload, &broken));
    g_byte_array_append (stream, buffer->data + i, 1);
  }
  g_assert_true (local_frame_next (stream, &type, &payload, &broken));
  g_assert_cmpint (type, ==, LOCAL_FRAME_START);
  variant = local_frame_parse_job (payload, &parsed);
  g_assert_nonnull (variant);
  g_assert_cmpstr (parsed.argv[1], ==, "");
  g_assert_cmpstr (parsed.argv[2], ==, "c d");
  g_assert_cmpstr (parsed.input, ==, "in");
  g_assert_cmpint (parsed.nice, ==, 5);
  g_assert_true (parsed.pty);
  g_assert_cmpint (parsed.tasks_max, ==, 7);
  g_assert_cmpstr (parsed.cgroup, ==, "/c");
  local_job_clear_parsed (&parsed);
}

static void
test_broken_frames (void)
{
  g_autoptr (GByteArray) buffer = g_byte_array_new ();
  const guint8 huge[] = { 0xff, 0xff, 0xff, 0xff, 'S' };
  g_autoptr (GBytes) junk = g_bytes_new_static ("junk", 4);
  LocalFrameType type = 0;
  GBytes *payload = NULL;
  gboolean broken = FALSE;
  LocalJob job = { 0 };

  g_byte_array_append (buffer, huge, sizeof huge);
  g_assert_false (local_frame_next (buffer, &type, &payload, &broken));
  g_assert_true (broken);
  g_assert_null (local_frame_parse_job (junk, &job));
}

/* properties */

static void
test_property_order (void)
{
  g_autoptr (BelfryProperties) set = belfry_properties_new ();
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_autoptr (GPtrArray) dropped = g_ptr_array_new_with_free_func (g_free);
  BelfryChange *change = belfry_change_new ();
  const LocalPropertySources sources = { .changes = changes, .set = set };
  g_autoptr (BelfryProperties) merged = NULL;

  if (change->properties == NULL)
    change->properties = belfry_properties_new ();
  belfry_properties_set_text (change->properties, "os", "from-change", "Change");
  belfry_properties_set_text (change->properties, "buildnumber", "77", "Change");
  belfry_properties_set_text (set, "os", "from-set", "Scheduler");
  g_ptr_array_add (changes, change);
  merged = local_properties_merge (&sources, dropped);
  g_assert_cmpstr (belfry_properties_get_text (merged, "os"), ==, "from-set");
  g_assert_null (belfry_properties_get_value (merged, "buildnumber"));
  g_assert_cmpuint (dropped->len, ==, 1);
}

static void
test_rebuild_properties (void)
{
  g_autoptr (BelfryProperties) build = belfry_properties_new ();
  g_autoptr (BelfryProperties) copy = NULL;

  belfry_properties_set_text (build, "a", "1", "Scheduler");
  belfry_properties_set_text (build, "b", "1", "Worker");
  belfry_properties_set_text (build, "c", "1", "compile");
  belfry_properties_set_text (build, "got_revision", "1", "git");
  copy = local_properties_for_rebuild (build, 9);
  g_assert_cmpuint (belfry_properties_get_count (copy), ==, 2);
  g_assert_cmpint (json_node_get_int (belfry_properties_get_value (copy, "rebuilt_from")), ==, 9);
}

/* a build's properties are read on other threads, and values count who holds them without a lock */
static void
test_properties_apart (void)
{
  g_autoptr (BelfryProperties) build = belfry_properties_new ();
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_autoptr (GPtrArray) dropped = g_ptr_array_new_with_free_func (g_free);
  const LocalPropertySources sources = { .changes = changes, .set = build };
  g_autoptr (BelfryProperties) merged = NULL;
  g_autoptr (BelfryProperties) again = NULL;

  belfry_properties_set_text (build, "os", "linux", "Scheduler");
  merged = local_properties_merge (&sources, dropped);
  again = local_properties_for_rebuild (build, 9);
  g_assert_cmpstr (belfry_properties_get_text (again, "os"), ==, "linux");
  g_assert_true (belfry_properties_get_text (merged, "os") !=
                 belfry_properties_get_text (build, "os"));
  g_assert_true (belfry_properties_get_text (again, "os") !=
                 belfry_properties_get_text (build, "os"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine-local/refs/branches", test_branches);
  g_test_add_func ("/engine-local/refs/repositories", test_repositories);
  g_test_add_func ("/engine-local/refs/paths", test_paths);
  g_test_add_func ("/engine-local/list/items", test_items);
  g_test_add_func ("/engine-local/list/names", test_names);
  g_test_add_func ("/engine-local/decode/codes", test_decode);
  g_test_add_func ("/engine-local/result/all-flags", test_contributions);
  g_test_add_func ("/engine-local/result/texts", test_texts);
  g_test_add_func ("/engine-local/git-plan/incremental", test_git_incremental);
  g_test_add_func ("/engine-local/git-plan/known-revision", test_git_known_revision);
  g_test_add_func ("/engine-local/git-plan/foreign-revision", test_git_foreign_revision);
  g_test_add_func ("/engine-local/git-plan/retry-then-clobber", test_git_retry_then_clobber);
  g_test_add_func ("/engine-local/git-plan/argv", test_git_argv);
  g_test_add_func ("/engine-local/output/streams", test_output_streams);
  g_test_add_func ("/engine-local/output/long-line", test_output_long_line);
  g_test_add_func ("/engine-local/output/encoding", test_output_encoding);
  g_test_add_func ("/engine-local/protocol/frames", test_frames);
  g_test_add_func ("/engine-local/protocol/broken", test_broken_frames);
  g_test_add_func ("/engine-local/properties/order", test_property_order);
  g_test_add_func ("/engine-local/properties/rebuild", test_rebuild_properties);
  g_test_add_func ("/engine-local/properties/apart", test_properties_apart);
  return g_test_run ();
}
