/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where names lead; the tables are those of the manual. */
#include "config/keyfile.h"
#include "config/links.h"

#include <glib/gstdio.h>

static BelfryLinks *
make_links (const char *text)
{
  g_autoptr (BelfryProblems) problems = belfry_problems_new ();
  g_autoptr (GPtrArray) sections = NULL;
  g_autofree char *path = NULL;
  int fd = g_file_open_tmp ("belfry-links-XXXXXX", &path, NULL);

  g_assert_true (g_close (fd, NULL));
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
  sections = belfry_keyfile_read (path, problems);
  g_assert_cmpuint (belfry_problems_get_length (problems), ==, 0);
  g_unlink (path);
  return belfry_links_new (sections);
}

static void
test_revisions (void)
{
  static const struct {
    const char *sections;
    const char *repository;
    const char *revision;
    const char *link;
  } cases[] = {
    { "[revlink a]\nurl=https://svn.example.org/r/%s\n", "x", "1234",
      "https://svn.example.org/r/1234" },
    { "[revlink a]\nurl=https://svn.example.org/r/%s\n", "x", "a b#c",
      "https://svn.example.org/r/a%20b%23c" },
    { "[revlink a]\nurl=https://x/%s?100%%&%s\n", "x", "a/b", "https://x/a/b?100%&a/b" },
    { "[revlink a]\nrepository=/srv/a.git\nurl=https://x/%s\n", "/srv/other.git", "1", NULL },
    { "[revlink a]\nrepository=/srv/a.git\nurl=\n[revlink b]\nurl=https://x/%s\n", "/srv/a.git",
      "1", "" },
    { "[revlink a]\nrepository=/srv/a.git\nurl=\n[revlink b]\nurl=https://x/%s\n", "/srv/b.git",
      "1", "https://x/1" },
    { "[revlink a]\nrepository=glob:/srv/*;/opt/x\nurl=https://x/%s\n", "/opt/x", "1",
      "https://x/1" },
    { "[revlink a]\nrepository=glob:/srv/*;/opt/x\nurl=https://x/%s\n", "/srv/any", "1",
      "https://x/1" },
    { "[revlink a]\nrepository=regex:^https://github\\\\.com/([^/]+)/([^/]+?)(?:\\\\.git)?$\n"
      "url=https://github.com/\\\\1/\\\\2/commit/%s\n",
      "https://github.com/o/r.git", "9f2c41d0", "https://github.com/o/r/commit/9f2c41d0" },
    { "[revlink a]\nrepository=regex:^/srv/(?P<name>.*)$\nurl=https://x/\\g<name>/%s\n",
      "/srv/a\"b", "1", "https://x/a%22b/1" },
    { "[revlink a]\nurl=https://x/{{ repository }}/{{ revision }}\n", "r", "1", "https://x/r/1" },
    { "[revlink a]\nurl={{ revision }}\n", "r", "javascript:alert(1)", "" },
    { "[revlink a]\nurl={{ revision }}\n", "r", "//evil", "" },
    { "[revlink a]\nurl={{ revision }}\n", "r", "https://x/\" onclick=\"", "" },
    { "", "r", "1", NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryLinks) links = make_links (cases[i].sections);
    g_autofree char *link =
        belfry_links_dup (links, BELFRY_LINK_REVISION, cases[i].repository, cases[i].revision);

    g_test_message ("%u", i);
    g_assert_cmpstr (link, ==, cases[i].link);
  }
}

static void
test_names (void)
{
  g_autoptr (BelfryLinks) links =
      make_links ("[projects]\nWidget=https://widget.example/\n"
                  "[repositories]\n/srv/w.git=https://git.example/w\n"
                  "[project-link numbers]\nname=regex:^p(\\d+)$\nurl=https://x/\\1\n"
                  "[repository-link all]\nname=a=b\nurl={{ '/' ~ name }}\n");
  static const struct {
    BelfryLinkKind kind;
    const char *name;
    const char *link;
  } cases[] = {
    { BELFRY_LINK_PROJECT, "Widget", "https://widget.example/" },
    { BELFRY_LINK_PROJECT, "widget", NULL },
    { BELFRY_LINK_PROJECT, "p12", "https://x/12" },
    { BELFRY_LINK_PROJECT, "/srv/w.git", NULL },
    { BELFRY_LINK_REPOSITORY, "/srv/w.git", "https://git.example/w" },
    { BELFRY_LINK_REPOSITORY, "a=b", "/a=b" },
    { BELFRY_LINK_REPOSITORY, "\xff", NULL },
    { BELFRY_LINK_REPOSITORY, NULL, NULL },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autofree char *link = belfry_links_dup (links, cases[i].kind, cases[i].name, NULL);

    g_test_message ("%u", i);
    g_assert_cmpstr (link, ==, cases[i].link);
  }
}

static void
test_fill_change (void)
{
  g_autoptr (BelfryLinks) links = make_links ("[revlink ours]\nrepository=https://git.example/w\n"
                                              "url=https://browse.example/%s\n");
  static const struct {
    const char *repository;
    const char *revision;
    const char *before;
    const char *after;
  } cases[] = {
    { "https://git.example/w", "4f3c", NULL, "https://browse.example/4f3c" },
    { "https://git.example/w", "4f3c", "", "https://browse.example/4f3c" },
    { "https://git.example/w", "4f3c", "https://own.example", "https://own.example" },
    { "https://git.example/w", NULL, "", "" },
    { "https://git.example/w", "", "", "" },
    { "https://git.example/x", "4f3c", "", "" },
    { NULL, "4f3c", "", "" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryChange) change = belfry_change_new ();

    g_test_message ("%u", i);
    belfry_record_set_text (&change->repository, cases[i].repository);
    belfry_record_set_text (&change->revision, cases[i].revision);
    belfry_record_set_text (&change->revlink, cases[i].before);
    belfry_links_fill_change (NULL, change);
    g_assert_cmpstr (change->revlink, ==, cases[i].before);
    belfry_links_fill_change (links, change);
    g_assert_cmpstr (change->revlink, ==, cases[i].after);
  }
}

/* parts as "text" or "[text|url|title]" */
static char *
dup_split (const BelfryLinks *links, const char *text, const char *project)
{
  g_autoptr (JsonArray) parts = belfry_links_split (links, text, project);
  g_autoptr (GString) result = g_string_new (NULL);

  for (guint i = 0; i < json_array_get_length (parts); i++) {
    JsonObject *part = json_array_get_object_element (parts, i);
    const char *url = belfry_json_get_text (part, "url");
    const char *title = belfry_json_get_text (part, "title");

    if (url == NULL)
      g_string_append (result, belfry_json_get_text (part, "text"));
    else
      g_string_append_printf (result, "[%s|%s|%s]", belfry_json_get_text (part, "text"), url,
                              title != NULL ? title : "");
  }
  return g_string_free (g_steal_pointer (&result), FALSE);
}

static void
test_comments (void)
{
  static const char tickets[] = "[changecommentlink a]\nregex=#(\\d+)\nurl=https://t/\\1\n"
                                "title=Ticket \\g<0>\n";
  static const char two[] =
      "[changecommentlink a]\nproject=w\nregex=bug (\\d+)\nurl=https://b/\\1\n"
      "[changecommentlink b]\nregex=\\d+\nurl=https://n/\\0\n";
  static const struct {
    const char *sections;
    const char *text;
    const char *project;
    const char *split;
  } cases[] = {
    { tickets, "<b>#1&2</b>", "", "<b>[#1|https://t/1|Ticket #1]&2</b>" },
    { tickets, "#1 #2\n#3", "p",
      "[#1|https://t/1|Ticket #1] [#2|https://t/2|Ticket #2]\n[#3|https://t/3|Ticket #3]" },
    { tickets, "nothing", "p", "nothing" },
    { tickets, "", "p", "" },
    { tickets, NULL, NULL, "" },
    /* the first section wins where both begin at one place */
    { two, "bug 7 and 8", "w", "[bug 7|https://b/7|] and [8|https://n/8|]" },
    { two, "bug 7", "v", "bug [7|https://n/7|]" },
    { "[changecommentlink a]\nproject=;\nregex=x\nurl=https://x/\n", "x", "p", "x" },
    { "[changecommentlink a]\nregex=x*\nurl=https://x/\n", "axb", "", "a[x|https://x/|]b" },
    { "[changecommentlink a]\nregex=(.+)\nurl=\\1\n", "javascript:alert(1)", "",
      "[javascript:alert(1)|javascript%3Aalert%281%29|]" },
    { "[changecommentlink a]\nregex=(.+)\nurl={{ groups[1] }}\n", "javascript:alert(1)", "",
      "javascript:alert(1)" },
    { "[changecommentlink a]\nregex=#(\\d+)\nurl=https://t/{{ groups[1] }}?p={{ project }}\n", "#5",
      "w", "[#5|https://t/5?p=w|]" },
    /* an expression that explodes on a stranger's text finds nothing */
    { "[changecommentlink a]\nregex=^(a+)+$\nurl=https://x/\n", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!",
      "", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (BelfryLinks) links = make_links (cases[i].sections);
    g_autofree char *split = dup_split (links, cases[i].text, cases[i].project);

    g_test_message ("%u", i);
    g_assert_cmpstr (split, ==, cases[i].split);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/config/links/revisions", test_revisions);
  g_test_add_func ("/config/links/names", test_names);
  g_test_add_func ("/config/links/fill-change", test_fill_change);
  g_test_add_func ("/config/links/comments", test_comments);
  return g_test_run ();
}
