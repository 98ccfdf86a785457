/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Secrets: what a step is given, and that nobody sees it wherever a stream is torn. Files that are
 * followed, and terminals. */
#include "mask.h"
#include "test-fixture.h"
#include <glib/gstdio.h>
#include <string.h>

/* the matcher */

static char *
feed_in_pieces (const LocalMasks *masks, const char *text, gsize piece)
{
  g_autoptr (GString) held = g_string_new (NULL);
  GString *to = g_string_new (NULL);
  gsize length = strlen (text);

  for (gsize at = 0; at < length; at += piece)
    local_masks_feed (masks, held, text + at, MIN (piece, length - at), FALSE, to);
  local_masks_feed (masks, held, "", 0, TRUE, to);
  g_assert_cmpuint (held->len, ==, 0);
  return g_string_free (to, FALSE);
}

static void
test_pieces (void)
{
  g_autoptr (LocalMasks) masks = local_masks_new ();
  g_autofree char *base64 = g_base64_encode ((const guchar *)"p ss/w%rd", 9);
  g_autofree char *text = g_strdup_printf (
      "a p ss/w%%rd b %s c p%%20ss%%2Fw%%25rd d p ss/w e first long line\nsecond one\n f", base64);

  g_assert_true (local_masks_add (masks, "K", "p ss/w%rd"));
  g_assert_true (local_masks_add (masks, "M", "first long line\nsecond one\n"));
  g_assert_false (local_masks_add (masks, "S", "abc"));
  for (gsize piece = 1; piece <= strlen (text); piece++) {
    g_autofree char *masked = feed_in_pieces (masks, text, piece);

    g_assert_cmpstr (masked, ==, "a <K> b <K> c <K> d p ss/w e <M> f");
  }
}

static void
test_longest (void)
{
  g_autoptr (LocalMasks) masks = local_masks_new ();
  const char *text = "abcd abcdefgh abcdefg abcdabcdefgh";

  g_assert_true (local_masks_add (masks, "short", "abcd"));
  g_assert_true (local_masks_add (masks, "long", "abcdefgh"));
  for (gsize piece = 1; piece <= strlen (text); piece++) {
    g_autofree char *masked = feed_in_pieces (masks, text, piece);

    g_assert_cmpstr (masked, ==, "<short> <long> <short>efg <short><long>");
  }
}

static void
test_nodes (void)
{
  g_autoptr (LocalMasks) masks = local_masks_new ();
  g_autoptr (JsonNode) node = NULL;
  g_autofree char *text = NULL;

  g_assert_true (local_masks_add (masks, "K", "s3cret"));
  node = belfry_json_parse ("{\"a\":[\"x s3cret\",1,null],\"s3cret\":true}", -1, NULL, NULL);
  node = local_masks_apply_node (masks, g_steal_pointer (&node));
  text = belfry_json_to_text (node);
  g_assert_cmpstr (text, ==, "{\"<K>\":true,\"a\":[\"x <K>\",1,null]}");
}

/* steps */

static void
test_rendered (Fixture *self, gconstpointer data)
{
  BelfryBuild *build = NULL;
  g_autofree char *log = NULL;

  (void)data;
  build = fixture_build (
      self, "[engine local]\nenv.BASE=%(secret:known-base)s\n[builder b]\nsteps=s\n"
            "[step s]\nscript=read -r line; test \"$line\" = value-of-known-input && "
            "test \"$BASE\" = value-of-known-base && test \"$URL\" = https://u:value-of-known-pw@h "
            "&& test -z \"$NONE\" && echo all-good \"$URL\"\n"
            "env.URL=https://u:%(secret:known-pw)s@h\nstdin=%(secret:known-input)s\\n\n"
            "env.NONE=%(prop:absent:+%(secret:unknown)s)s\n");
  log = fixture_log (self, "s");
  g_assert_cmpint (build->results, ==, BELFRY_RESULT_SUCCESS);
  fixture_assert_has (log, "oall-good https://u:<known-pw>@h\n");
  fixture_assert_has (log, "URL=https://u:<known-pw>@h\n");
  fixture_assert_has (log, "BASE=<known-base>\n");
  g_assert_null (strstr (log, "value-of"));
  g_assert_cmpstr (g_hash_table_lookup (self->host->secrets, "known-pw"), ==, "value-of-known-pw");
}

static void
test_unreadable (Fixture *self, gconstpointer data)
{
  g_autofree char *log = NULL;

  (void)data;
  g_assert_cmpint (fixture_build (self, "[engine local]\n[builder b]\nsteps=s\n"
                                        "[step s]\ncommand=true\nenv.X=%(secret:lost)s\n")
                       ->results,
                   ==, BELFRY_RESULT_EXCEPTION);
  log = fixture_log (self, "s");
  fixture_assert_has (log, "secret 'lost'");
  g_assert_null (strstr (log, "process exited"));
}

static void
test_torn (Fixture *self, gconstpointer data)
{
  g_autofree char *log = NULL;

  (void)data;
  /* over a pause longer than the silence after which a line is shown, and over the longest line */
  fixture_build (self, "[engine local]\n[builder b]\nsteps=pause;long;argv\n"
                       "[step pause]\nscript=printf 'begin value-of'; sleep 6.5; "
                       "echo '-known-pw end'\nenv.X=%(secret:known-pw)s\n"
                       "[step long]\nscript=head -c 65530 /dev/zero | tr '\\\\0' x; echo "
                       "\"$X\"\nenv.X=%(secret:known-pw)s\n"
                       "[step argv]\ncommand=echo %(secret:known-pw)s\n"
                       "allow-secret-in-argv=true\n");
  log = fixture_log (self, "pause");
  fixture_assert_has (log, "<known-pw> end\n");
  g_free (log);
  log = fixture_log (self, "long");
  fixture_assert_has (log, "x<known");
  g_assert_null (strstr (log, "value-of"));
  g_free (log);
  log = fixture_log (self, "argv");
  fixture_assert_has (log, "o<known-pw>\n");
  g_assert_null (strstr (log, "value-of"));
}

static void
test_said (Fixture *self, gconstpointer data)
{
  BelfryBuild *build = NULL;
  const BelfryStep *step = NULL;
  g_autofree char *urls = NULL;

  (void)data;
  build = fixture_build (
      self, "[engine local]\n[builder b]\nsteps=first;second\n"
            "[step first]\nsecret.X=secret:known-pw\ncommand=sh -c 'echo \"say $X\"'\n"
            "property=found\n"
            "[step second]\ncommand=true\ndescription-done=saw %(prop:found)s value-of-known-pw\n"
            "links.there=https://h/value-of-known-pw\n");
  step = fake_host_find_step (self->host, "second");
  urls = belfry_json_to_text (step->urls);
  g_assert_cmpstr (belfry_properties_get_text (build->properties, "found"), ==, "say <X>");
  g_assert_cmpstr (step->state_string, ==, "saw say <X> <X>");
  g_assert_null (strstr (urls, "value-of"));
}

/* files that are followed */

static char *
dup_log (Fixture *self, const char *name)
{
  g_autoptr (GPtrArray) logs = fake_store_list (self->store, belfry_log_get_type ());

  for (guint i = 0; i < logs->len; i++) {
    const BelfryLog *log = g_ptr_array_index (logs, i);

    if (g_strcmp0 (log->name, name) == 0) {
      g_assert_cmpstr (log->type, ==, "t");
      return g_strdup (fake_store_log (self->store, log->logid));
    }
  }
  return NULL;
}

static gboolean
has_words (FakeHost *host, gpointer data)
{
  Fixture *self = data;
  g_autofree char *text = dup_log (self, "config");

  (void)host;
  return text != NULL && strstr (text, "one\n") != NULL;
}

static void
test_followed (Fixture *self, gconstpointer data)
{
  g_autofree char *go = g_build_filename (self->folder, "go", NULL);
  g_autofree char *configuration = g_strdup_printf (
      "[engine local]\n[builder b]\nsteps=s\n"
      "[step s]\nscript=mkdir -p d; echo one > d/config.log; while ! test -e %s; do sleep 0.05; "
      "done; echo two >> d/config.log; printf 'three value-of-known-pw' >> d/config.log; "
      "ln -s /etc/passwd link\n"
      "env.X=%%(secret:known-pw)s\nlog.config=d/config.log\nlog.none=absent.log\nlog.out=link\n"
      "lazy-logs=true\n",
      go);
  g_autofree char *text = NULL;

  (void)data;
  fixture_begin (self, configuration);
  fixture_force (self, "b");
  fake_host_wait (self->host, has_words, self);
  g_assert_true (g_file_set_contents (go, "", 0, NULL));
  g_assert_cmpint (fake_host_wait_build (self->host, 0)->results, ==, BELFRY_RESULT_SUCCESS);
  text = dup_log (self, "config");
  g_assert_cmpstr (text, ==, "one\ntwo\nthree <known-pw>\n");
  g_assert_null (dup_log (self, "none"));
  g_assert_null (dup_log (self, "out"));
}

static void
test_at_end (Fixture *self, gconstpointer data)
{
  g_autofree char *text = NULL;
  g_autofree char *empty = NULL;

  (void)data;
  fixture_build (self, "[engine local]\n[builder b]\nsteps=old;s\n"
                       "[step old]\nscript=echo old > stays.log; echo old > goes.log\n"
                       "[step s]\nscript=rm goes.log; seq 1 200000 > goes.log\n"
                       "log.stays=stays.log\nlog.goes=goes.log\nlog-follow=false\n");
  text = dup_log (self, "goes");
  empty = dup_log (self, "stays");
  g_assert_cmpstr (empty, ==, "");
  g_assert_true (g_str_has_prefix (text, "1\n2\n"));
  g_assert_true (g_str_has_suffix (text, "\n199999\n200000\n"));
  g_assert_cmpuint (strlen (text), ==, 1288895);
}

static void
test_tail_limit (Fixture *self, gconstpointer data)
{
  (void)data;
  g_assert_cmpint (fixture_build (self, "[engine local]\n[builder b]\nsteps=s\n"
                                        "[step s]\nscript=yes > big.log\nmax-log=100kB\n"
                                        "sigterm-time=1\nlog.big=big.log\n")
                       ->results,
                   ==, BELFRY_RESULT_FAILURE);
  g_assert_true (
      g_str_has_prefix (fake_host_find_step (self->host, "s")->state_string, "output over"));
}

static void
test_terminal (Fixture *self, gconstpointer data)
{
  g_autofree char *log = NULL;
  g_autofree char *without = NULL;

  (void)data;
  g_assert_cmpint (
      fixture_build (self,
                     "[engine local]\n[builder b]\nsteps=with;without\n"
                     "[step with]\nscript=test -t 0 && test -t 1 && test -t 2 && echo yes; "
                     "cat; echo over; tty >&2; echo to-tty > /dev/tty; ls /proc/self/fd\n"
                     "pty=true\nstdin=typed\n"
                     "[step without]\nscript=test -t 1 || echo no; echo x > /dev/tty || true\n")
          ->results,
      ==, BELFRY_RESULT_SUCCESS);
  log = fixture_log (self, "with");
  without = fixture_log (self, "without");
  fixture_assert_has (log, "oyes\notypedover\n");
  fixture_assert_has (log, "oto-tty\n");
  fixture_assert_has (log, "o/dev/pts/");
  g_assert_null (strstr (log, "o4\n"));
  fixture_assert_has (without, "ono\n");
  fixture_assert_has (without, "/dev/tty");
}

/* What a process gets beside its environment. */
static void
test_limits (Fixture *self, gconstpointer data)
{
  g_autofree char *own = NULL;
  g_autofree char *log = NULL;

  (void)data;
  fixture_build (self, "[engine local]\n[builder b]\nsteps=s\ntasks-max=4321\nprivate-tmp=false\n"
                       "umask=027\nnice=3\n[step s]\nscript=grep processes /proc/self/limits; "
                       "echo \"tmp<$TMPDIR>\"; umask; nice; grep 'core file' /proc/self/limits\n");
  log = fixture_log (self, "s");
  fixture_assert_has (log, "otmp<>\n");
  fixture_assert_has (log, "4321                 4321                 processes");
  fixture_assert_has (log, "o0027\no3\n");
  fixture_assert_has (log, "Max core file size        0 ");
  g_free (log);
  fixture_end (self);
  fixture_begin (self,
                 "[engine local]\n[builder b]\nsteps=s\n[step s]\nscript=echo \"tmp<$TMPDIR>\"; "
                 "stat -c %a \"$TMPDIR\"; touch \"$TMPDIR/x\"\n");
  fixture_force (self, "b");
  fake_host_wait_build (self->host, 1);
  log = fixture_log (self, "s");
  own = g_strdup_printf ("otmp<%s/builds/.tmp/", self->folder);
  fixture_assert_has (log, own);
  fixture_assert_has (log, "o700\n");
  fixture_end (self);
  g_free (fixture_shell (self, "test -z \"$(ls builds/.tmp)\""));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/engine-local/mask/pieces", test_pieces);
  g_test_add_func ("/engine-local/mask/longest", test_longest);
  g_test_add_func ("/engine-local/mask/nodes", test_nodes);
  FIXTURE_ADD ("secret/rendered", NULL, test_rendered);
  FIXTURE_ADD ("secret/unreadable", NULL, test_unreadable);
  FIXTURE_ADD ("secret/torn", NULL, test_torn);
  FIXTURE_ADD ("secret/said", NULL, test_said);
  FIXTURE_ADD ("log/followed", NULL, test_followed);
  FIXTURE_ADD ("log/at-end", NULL, test_at_end);
  FIXTURE_ADD ("log/limit", NULL, test_tail_limit);
  FIXTURE_ADD ("process/terminal", NULL, test_terminal);
  FIXTURE_ADD ("process/limits", NULL, test_limits);
  return g_test_run ();
}
