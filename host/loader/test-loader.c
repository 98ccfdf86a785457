/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The loader over good and broken plugins, in folders that others may or may not write. */
#include "loader/loader.h"

#include "loader/callback.h"
#include "loader/test-plugins.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

typedef struct {
  char *folder;
  BelfryLoader *loader;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer unused)
{
  const char *folders[] = { NULL, NULL };

  fixture->folder = test_plugins_copy ();
  folders[0] = fixture->folder;
  fixture->loader = belfry_loader_new (folders);
}

static void
tear_down (Fixture *fixture, gconstpointer unused)
{
  belfry_loader_free (fixture->loader);
  test_plugins_remove (fixture->folder);
  g_free (fixture->folder);
}

static void
test_good (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  const BelfryPlugin *plugin =
      belfry_loader_load (fixture->loader, BELFRY_KIND_HOOK, "good", &error);

  g_assert_no_error (error);
  g_assert_cmpstr (plugin->name, ==, "good");
  g_assert_true (belfry_loader_load (fixture->loader, BELFRY_KIND_HOOK, "good", &error) == plugin);
}

static void
test_missing (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (belfry_loader_load (fixture->loader, BELFRY_KIND_HOOK, "goood", &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND);
  g_assert_true (g_str_has_prefix (error->message, "there is no hook plugin 'goood' in "));
  g_assert_true (g_str_has_suffix (error->message, fixture->folder) ||
                 g_str_has_suffix (error->message, ", did you mean 'good'?"));
}

static void
test_no_folder_in_name (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *name = g_strdup_printf ("../%s/hook-good", strrchr (fixture->folder, '/') + 1);

  g_assert_null (belfry_loader_load (fixture->loader, BELFRY_KIND_HOOK, name, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG);
}

typedef struct {
  const char *name;
  const char *message; /* after the quoted path */
} Broken;

static const Broken brokens[] = {
  { "symbolless",
    " is no plugin of Belfry, it exports no 'belfry_plugin'; end its code with one of "
    "BELFRY_DEFINE_HOOK and its like, or remove it" },
  { "foreign",
    " speaks ABI 7 of bot plugins and this host speaks 0, build it against this version of "
    "belfry-plugin-1, or install the host that it was built for" },
  { "nameless", " has no name, give its descriptor a .name" },
  { "misplaced", " is a plugin of kind view and not bot, rename it to view-misplaced.so" },
};

static void
test_broken (Fixture *fixture, gconstpointer data)
{
  const Broken *broken = data;
  g_autoptr (GError) error = NULL;
  g_autofree char *wanted =
      g_strdup_printf ("'%s/bot-%s.so'%s", fixture->folder, broken->name, broken->message);

  g_assert_null (belfry_loader_load (fixture->loader, BELFRY_KIND_BOT, broken->name, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED);
  g_assert_cmpstr (error->message, ==, wanted);
}

static void
test_small (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *wanted = g_strdup_printf (", this host needs %" G_GSIZE_FORMAT
                                             ", build it against this version of belfry-plugin-1",
                                             sizeof (BelfryBot));

  g_assert_null (belfry_loader_load (fixture->loader, BELFRY_KIND_BOT, "small", &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED);
  g_assert_true (g_str_has_suffix (error->message, wanted));
}

static void
test_boastful (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (belfry_loader_load (fixture->loader, BELFRY_KIND_BOT, "boastful", &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, "has a descriptor of "));
}

static void
test_no_library (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (fixture->folder, "bot-text.so", NULL);

  g_assert_true (g_file_set_contents (path, "this is text", -1, NULL));
  g_assert_cmpint (g_chmod (path, 0644), ==, 0);
  g_assert_null (belfry_loader_load (fixture->loader, BELFRY_KIND_BOT, "text", &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, "cannot be opened: "));
}

static void
test_writable_file (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (fixture->folder, "hook-good.so", NULL);
  g_autofree char *wanted = g_strdup_printf ("others may write '%s', chmod go-w it", path);

  g_assert_cmpint (g_chmod (path, 0664), ==, 0);
  g_assert_null (belfry_loader_load (fixture->loader, BELFRY_KIND_HOOK, "good", &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_DENIED);
  g_assert_cmpstr (error->message, ==, wanted);
}

static void
test_writable_folder (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *wanted =
      g_strdup_printf ("others may write '%s', chmod go-w it", fixture->folder);

  g_assert_cmpint (g_chmod (fixture->folder, 01777), ==, 0);
  g_assert_null (belfry_loader_load (fixture->loader, BELFRY_KIND_HOOK, "good", &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_DENIED);
  g_assert_cmpstr (error->message, ==, wanted);
}

static void
test_linked_folder (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *other = test_plugins_copy ();
  g_autofree char *target = g_build_filename (other, "hook-good.so", NULL);
  g_autofree char *link = g_build_filename (fixture->folder, "hook-linked.so", NULL);
  GStatBuf status;

  g_assert_cmpint (symlink (target, link), ==, 0);
  g_assert_cmpint (g_chmod (other, 0777), ==, 0);
  g_assert_cmpint (g_stat (link, &status), ==, 0);
  g_assert_null (belfry_loader_load (fixture->loader, BELFRY_KIND_HOOK, "linked", &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_DENIED);
  test_plugins_remove (other);
}

static void
test_folder_as_plugin (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *path = g_build_filename (fixture->folder, "hook-folder.so", NULL);

  g_assert_cmpint (g_mkdir (path, 0700), ==, 0);
  g_assert_null (belfry_loader_load (fixture->loader, BELFRY_KIND_HOOK, "folder", &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_DENIED);
}

static void
test_environment_first (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *first = test_plugins_copy ();
  g_autofree char *path = g_strconcat ("relative:", first, NULL);
  g_autofree char *broken = g_build_filename (first, "hook-good.so", NULL);
  const char *folders[] = { fixture->folder, NULL };
  g_autoptr (BelfryLoader) loader = NULL;

  g_assert_true (g_file_set_contents (broken, "broken", -1, NULL));
  g_setenv ("BELFRY_PLUGIN_PATH", path, TRUE);
  loader = belfry_loader_new (folders);
  g_unsetenv ("BELFRY_PLUGIN_PATH");
  g_assert_null (belfry_loader_load (loader, BELFRY_KIND_HOOK, "good", &error));
  g_assert_nonnull (strstr (error->message, first));
  g_clear_error (&error);
  g_assert_cmpint (g_unlink (broken), ==, 0);
  g_assert_nonnull (belfry_loader_load (loader, BELFRY_KIND_HOOK, "good", &error));
  test_plugins_remove (first);
}

static void
test_list (Fixture *fixture, gconstpointer unused)
{
  g_autoptr (GPtrArray) paths = belfry_loader_list (fixture->loader);
  BelfryKind kind = BELFRY_N_KINDS;
  g_autofree char *name = NULL;

  g_assert_cmpuint (paths->len, ==, test_plugins_count ());
  g_assert_true (g_str_has_suffix (g_ptr_array_index (paths, 0), "/auth-greedy.so"));
  g_assert_true (belfry_loader_parse_file_name ("/x/view-one-line.so", &kind, &name));
  g_assert_cmpuint (kind, ==, BELFRY_KIND_VIEW);
  g_assert_cmpstr (name, ==, "one-line");
  g_assert_false (belfry_loader_parse_file_name ("/x/libview.so", &kind, &name));
  g_assert_false (belfry_loader_parse_file_name ("/x/view-.so", &kind, &name));
  g_assert_false (belfry_loader_parse_file_name ("/x/view-a.so.1", &kind, &name));
}

static char *
describe_name (const BelfryPlugin *plugin, gpointer user_data)
{
  return g_strdup (plugin->name);
}

static void
test_describe (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *good = g_build_filename (fixture->folder, "hook-good.so", NULL);
  g_autofree char *crashing = g_build_filename (fixture->folder, "bot-crashing.so", NULL);
  g_autofree char *foreign = g_build_filename (fixture->folder, "bot-foreign.so", NULL);
  g_autoptr (GError) error = NULL;
  g_autofree char *name =
      belfry_loader_describe (fixture->loader, good, describe_name, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (name, ==, "good");
  g_assert_null (belfry_loader_describe (fixture->loader, crashing, describe_name, NULL, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_UNSUPPORTED);
  g_assert_nonnull (strstr (error->message, "ends the program that opens it"));
  g_clear_error (&error);
  g_assert_null (belfry_loader_describe (fixture->loader, foreign, describe_name, NULL, &error));
  g_assert_nonnull (strstr (error->message, "speaks ABI 7"));
}

static void
test_owner (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *owner = belfry_loader_dup_owner (fixture->loader, "lever");
  g_autofree char *nobody = belfry_loader_dup_owner (fixture->loader, "nothing");

  g_assert_cmpstr (owner, ==, "engine good");
  g_assert_null (nobody);
}

static gboolean
tell_kernel (const char *path, const char *text)
{
  int file = g_open (path, O_WRONLY | O_CLOEXEC, 0);
  gboolean is_told = file >= 0 && write (file, text, strlen (text)) > 0;

  if (file >= 0)
    close (file);
  return is_told;
}

/* FALSE: this machine lets nobody mount */
static gboolean
mount_one_page (const char *folder)
{
  g_autofree char *user = g_strdup_printf ("0 %u 1", geteuid ());
  g_autofree char *group = g_strdup_printf ("0 %u 1", getegid ());

  return unshare (CLONE_NEWUSER | CLONE_NEWNS) == 0 && tell_kernel ("/proc/self/uid_map", user) &&
         tell_kernel ("/proc/self/setgroups", "deny") &&
         tell_kernel ("/proc/self/gid_map", group) &&
         mount ("none", folder, "tmpfs", 0, "size=4k") == 0;
}

/* a page that is written to must have room: else the kernel ends whoever writes */
static void
test_full_disk (Fixture *fixture, gconstpointer unused)
{
  g_autofree char *path = g_build_filename (fixture->folder, "calls", NULL);
  g_autoptr (GError) error = NULL;

  if (!g_test_subprocess ()) {
    g_test_trap_subprocess (NULL, 0, 0);
    g_test_trap_assert_passed ();
    return;
  }
  if (!mount_one_page (fixture->folder))
    return;
  g_assert_null (belfry_callback_open (path, &error));
  g_assert_nonnull (strstr (error->message, g_strerror (ENOSPC)));
  umount (fixture->folder);
}

#define ADD(path, test) g_test_add (path, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_unsetenv ("BELFRY_PLUGIN_PATH");
  ADD ("/loader/good/loaded-once", test_good);
  ADD ("/loader/missing/names-the-nearest", test_missing);
  ADD ("/loader/name/holds-no-folder", test_no_folder_in_name);
  for (guint i = 0; i < G_N_ELEMENTS (brokens); i++) {
    g_autofree char *path = g_strdup_printf ("/loader/broken/%s", brokens[i].name);

    g_test_add (path, Fixture, &brokens[i], set_up, test_broken, tear_down);
  }
  ADD ("/loader/broken/small", test_small);
  ADD ("/loader/broken/boastful", test_boastful);
  ADD ("/loader/broken/no-library", test_no_library);
  ADD ("/loader/denied/writable-file", test_writable_file);
  ADD ("/loader/denied/writable-folder", test_writable_folder);
  ADD ("/loader/denied/link-into-writable-folder", test_linked_folder);
  ADD ("/loader/denied/no-regular-file", test_folder_as_plugin);
  ADD ("/loader/folders/environment-first", test_environment_first);
  ADD ("/loader/folders/list", test_list);
  ADD ("/loader/describe/in-a-child", test_describe);
  ADD ("/loader/describe/owner-of-a-kind", test_owner);
  ADD ("/callback/full-disk", test_full_disk);
  return g_test_run ();
}
