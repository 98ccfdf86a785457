/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Stored passwords in every form, as `openssl passwd`, crypt(3) and htpasswd make them. */
#include "password-cache.h"
#include "password-hash.h"
#include "passwords.h"

#include <crypt.h>
#include <dlfcn.h>
#include <glib/gstdio.h>
#include <stdatomic.h>
#include <string.h>

#define SESAME "open sesame"

static atomic_uint n_hashed;

/* stands in front of libcrypt's own and counts what is asked of it */
char *
crypt_rn (const char *phrase, const char *setting, void *data, int size)
{
  static char *(*real) (const char *, const char *, void *, int);

  if (real == NULL)
    *(void **)&real = dlsym (dlopen ("libcrypt.so.1", RTLD_NOW | RTLD_LOCAL), "crypt_rn");
  g_assert_nonnull (real);
  atomic_fetch_add (&n_hashed, 1);
  return real (phrase, setting, data, size);
}

static const struct {
  const char *stored;
  const char *password;
  BelfryPasswordForm form;
} rows[] = {
  { SESAME, SESAME, BELFRY_PASSWORD_PLAIN },
  { "$2y$05$abcdefghijklmnopqrstuupx2xBUC4954936wVIjyyPHmUBFu0wCW", SESAME, BELFRY_PASSWORD_CRYPT },
  { "$5$saltsalt$yrhPKxCqiWcCE9h0g86j6Ugz7SDFdFm.BjU.d8RaQnC", SESAME, BELFRY_PASSWORD_CRYPT },
  { "$6$saltsalt$e/5XKibXPLqVcfjpD.ouauaJrAOL5V0uo80Lt7n7EbRdRiCx3HbQ90yjOHr.G0T."
    "mx79PEMRy8nmtr0qSYhQp1",
    SESAME, BELFRY_PASSWORD_CRYPT },
  { "$y$j75$abcdefgh$OcRLeYk4aBaMmXLTb6Z9GKkFizlSo99SAAuNZ2.NQz1", SESAME, BELFRY_PASSWORD_CRYPT },
  { "$1$saltsalt$Yo6tRKYGO/jWyb1etwHDS/", SESAME, BELFRY_PASSWORD_MD5_CRYPT },
  { "$apr1$saltsalt$HIDXe7D36X22w1CH4M1cQ.", SESAME, BELFRY_PASSWORD_APR1 },
  { "$apr1$x$DSxH0urCtYDzHIjorjYbR1", "a longer password than sixteen bytes",
    BELFRY_PASSWORD_APR1 },
  { "$apr1$saltsalt$a8ml/vK5HEjiZ5oypDWA7/", "", BELFRY_PASSWORD_APR1 },
  { "{SHA}W8r/fyL/UzygmbNAjq2HbA67qac=", SESAME, BELFRY_PASSWORD_SHA1 },
};

static void
test_forms (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree char *other = g_strconcat (rows[i].password, "x", NULL);

    g_assert_cmpint (belfry_password_get_form (rows[i].stored), ==, rows[i].form);
    g_assert_true (belfry_password_matches (rows[i].stored, rows[i].password));
    g_assert_false (belfry_password_matches (rows[i].stored, other));
    /* a hash is no password */
    g_assert_cmpint (belfry_password_matches (rows[i].stored, rows[i].stored), ==, i == 0);
  }
}

static void
test_broken (void)
{
  static const char *const broken[] = {
    "", "$", "$6$", "$apr1$", "$apr1$saltsalt", "$apr1$saltsalt$", "{SHA}", "$nonsense$x$y", "*0"
  };

  for (guint i = 0; i < G_N_ELEMENTS (broken); i++)
    g_assert_false (belfry_password_matches (broken[i], SESAME));
}

/* everything that the answer depends on counts, and five minutes are the end */
static void
test_cache (void)
{
  const gint64 start = G_GINT64_CONSTANT (1700000000) * G_USEC_PER_SEC;

  belfry_clock_set_us (start);
  g_assert_false (belfry_password_cache_knows ("ada", SESAME, "$6$x"));
  belfry_password_cache_add ("ada", SESAME, "$6$x");
  g_assert_true (belfry_password_cache_knows ("ada", SESAME, "$6$x"));
  g_assert_false (belfry_password_cache_knows ("adao", "pen sesame", "$6$x"));
  g_assert_false (belfry_password_cache_knows ("eve", SESAME, "$6$x"));
  g_assert_false (belfry_password_cache_knows ("ada", "shut", "$6$x"));
  g_assert_false (belfry_password_cache_knows ("ada", SESAME, "$6$y"));
  belfry_clock_set_us (start + BELFRY_PASSWORD_CACHE_US - 1);
  g_assert_true (belfry_password_cache_knows ("ada", SESAME, "$6$x"));
  belfry_clock_set_us (start + BELFRY_PASSWORD_CACHE_US);
  g_assert_false (belfry_password_cache_knows ("ada", SESAME, "$6$x"));
  /* nor does it count when the clock was set back */
  belfry_clock_set_us (start - 1);
  g_assert_false (belfry_password_cache_knows ("ada", SESAME, "$6$x"));
  belfry_clock_set_us (0);
}

typedef struct {
  char *folder;
  char *path;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  fixture->folder = g_dir_make_tmp ("belfry-passwords-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "passwords", NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_unlink (fixture->path);
  g_rmdir (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->folder);
}

static void
write_line (Fixture *fixture, const char *user, const char *stored)
{
  g_autofree char *text = g_strdup_printf ("# who may post\n%s:%s\n", user, stored);

  g_assert_true (g_file_set_contents (fixture->path, text, -1, NULL));
}

static void
on_checked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  *(int *)user_data = g_task_propagate_boolean (G_TASK (result), NULL);
}

static gboolean
is_admitted (Fixture *fixture, const char *user, const char *password)
{
  static const char *const files[] = { "file:passwords", NULL };
  g_autofree char *pair = g_strdup_printf ("%s:%s", user, password);
  g_autofree char *encoded = g_base64_encode ((const guchar *)pair, strlen (pair));
  g_autofree char *header = g_strconcat ("Basic ", encoded, NULL);
  int admitted = -1;

  belfry_passwords_check (files, fixture->folder, header,
                          g_task_new (NULL, NULL, on_checked, &admitted));
  while (admitted < 0)
    g_main_context_iteration (NULL, TRUE);
  return admitted;
}

static void
test_file (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    write_line (fixture, "ada", rows[i].stored);
    if (rows[i].password[0] == '\0')
      continue;
    /* the second time out of memory, where hashes are slow */
    g_assert_true (is_admitted (fixture, "ada", rows[i].password));
    g_assert_true (is_admitted (fixture, "ada", rows[i].password));
    g_assert_false (is_admitted (fixture, "ada", "shut"));
    g_assert_false (is_admitted (fixture, "eve", rows[i].password));
  }
}

/* who is not in the file costs a hash too, so that nobody learns by the clock who is */
static void
test_unknown_user (Fixture *fixture, gconstpointer data)
{
  static const char *const users[] = { "ada", "eve", "" };

  write_line (fixture, "ada", rows[2].stored);
  for (guint i = 0; i < G_N_ELEMENTS (users); i++) {
    atomic_store (&n_hashed, 0);
    g_assert_false (is_admitted (fixture, users[i], "shut"));
    g_assert_cmpuint (atomic_load (&n_hashed), ==, 1);
  }
}

/* what was right a moment ago is not, once the file says otherwise */
static void
test_changed (Fixture *fixture, gconstpointer data)
{
  write_line (fixture, "ada", rows[1].stored);
  g_assert_true (is_admitted (fixture, "ada", SESAME));
  write_line (fixture, "ada", "$6$saltsalt$nonsense");
  g_assert_false (is_admitted (fixture, "ada", SESAME));
  g_unlink (fixture->path);
  g_test_expect_message ("belfry", G_LOG_LEVEL_WARNING, "reading the password file*");
  g_assert_false (is_admitted (fixture, "ada", SESAME));
  g_test_assert_expected_messages ();
}

static guint
count_warnings (Fixture *fixture)
{
  static const char *const files[] = { "file:passwords", "file:nowhere", NULL };
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  g_autoptr (BelfrySection) section = belfry_section_new ("hook", "base", "belfry.conf", 1);

  belfry_passwords_look (files, fixture->folder, section, "auth", problems);
  return belfry_problems_get_count (problems, BELFRY_SEVERITY_WARNING);
}

static void
test_weak (Fixture *fixture, gconstpointer data)
{
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    write_line (fixture, "ada", rows[i].stored);
    /* one of them for the file that is not there */
    g_assert_cmpuint (count_warnings (fixture), ==,
                      1 + (rows[i].form >= BELFRY_PASSWORD_MD5_CRYPT));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add (path, Fixture, NULL, set_up, func, tear_down)
  g_test_add_func ("/passwords/forms", test_forms);
  g_test_add_func ("/passwords/broken", test_broken);
  g_test_add_func ("/passwords/cache", test_cache);
  ADD ("/passwords/file", test_file);
  ADD ("/passwords/unknown-user", test_unknown_user);
  ADD ("/passwords/changed", test_changed);
  ADD ("/passwords/weak", test_weak);
  return g_test_run ();
}
