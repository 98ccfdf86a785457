/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Rendered strings: every form of a substitution, with a key that exists, is empty, or does not. */
#include "belfry-error.h"
#include "belfry-json.h"
#include "belfry-template.h"

#include <string.h>

static const char data[] =
    "{\"prop:branch\": \"main\", \"prop:empty\": \"\", \"prop:null\": null, \"prop:zero\": 0,"
    " \"prop:n\": 42, \"prop:f\": 2.0, \"prop:yes\": true, \"prop:no\": false,"
    " \"prop:list\": [1, \"a\"], \"prop:map\": {\"k\": [null]}, \"prop:none\": [],"
    " \"src::revision\": \"abc\", \"src:lib:branch\": \"dev\", \"worker:admin\": \"Ann\","
    " \"secret:token\": \"s3cr3t\", \"kw:name.x-y_z\": \"kw\", \"prop:brackets\": \"%(prop:n)s\"}";

static JsonNode *
look_up (const char *selector, const char *key, gpointer user_data)
{
  g_autofree char *name = g_strconcat (selector, ":", key, NULL);
  JsonNode *node = json_object_get_member (user_data, name);

  return node != NULL ? json_node_copy (node) : NULL;
}

static void
assert_renders (const char *text, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (BelfryRendered) rendered = belfry_rendered_new (text, &error);
  g_autoptr (JsonNode) values = NULL;
  g_autofree char *result = NULL;

  g_assert_no_error (error);
  values = belfry_json_parse (data, -1, NULL, &error);
  g_assert_no_error (error);
  result = belfry_rendered_render (rendered, look_up, json_node_get_object (values), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (result, ==, expected);
}

static void
test_values (void)
{
  assert_renders ("", "");
  assert_renders ("100%% of %(prop:branch)s", "100% of main");
  assert_renders ("%(prop:n)s %(prop:f)s %(prop:yes)s %(prop:no)s", "42 2.0 True False");
  assert_renders ("[%(prop:null)s%(prop:nope)s%(prop:empty)s]", "[]");
  assert_renders ("%(prop:list)s%(prop:map)s", "[1,\"a\"]{\"k\":[null]}");
  assert_renders ("%(src::revision)s/%(src:lib:branch)s/%(src:other:branch)s", "abc/dev/");
  assert_renders ("%(worker:admin)s %(secret:token)s %(kw:name.x-y_z)s", "Ann s3cr3t kw");
  assert_renders ("%(prop:brackets)s", "%(prop:n)s");
}

static void
test_default (void)
{
  assert_renders ("%(prop:branch:-none)s %(prop:nope:-none)s", "main none");
  assert_renders ("[%(prop:empty:-x)s][%(prop:null:-x)s][%(prop:zero:-x)s]", "[][][0]");
  assert_renders ("%(prop:nope:-a:b(c)d)s", "a:b(c)d");
  assert_renders ("%(src::branch:-trunk)s", "trunk");
}

static void
test_truth (void)
{
  assert_renders ("%(prop:branch:~x)s%(prop:empty:~x)s%(prop:null:~x)s", "mainxx");
  assert_renders ("%(prop:zero:~x)s%(prop:no:~x)s%(prop:none:~x)s%(prop:nope:~x)s", "xxxx");
}

static void
test_exists (void)
{
  assert_renders ("%(prop:branch:+x)s%(prop:empty:+y)s%(prop:null:+z)s%(prop:nope:+w)s", "xyz");
}

static void
test_choice (void)
{
  assert_renders ("%(prop:branch:?|yes|no)s %(prop:empty:?|yes|no)s %(prop:nope:?|yes|no)s",
                  "yes yes no");
  assert_renders ("%(prop:branch:#?:t:f)s %(prop:zero:#?:t:f)s %(prop:nope:#?:t:f)s", "t f f");
  assert_renders ("%(prop:branch:?,a(1,2)b,c)s", "a(1,2)b");
  assert_renders ("%(prop:nope:?–ja–nein)s", "nein");
  assert_renders ("%(prop:nope:?||)s", "");
  assert_renders ("%(prop:nope:?|a|b|c)s", "b|c");
}

static void
test_nesting (void)
{
  assert_renders ("%(prop:got:-%(src::revision:-unknown)s)s", "abc");
  assert_renders ("%(prop:got:-%(src:x:revision:-%(prop:nope:-dee%%p)s)s)s", "dee%p");
  assert_renders ("%(prop:branch:?|on %(prop:branch)s|off %(prop:n)s)s", "on main");
}

static void
assert_refused (const char *text, const char *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (belfry_rendered_new (text, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_refused (void)
{
  const char *name = "a name is of letters, digits, '.', '_' and '-'";
  g_autofree char *bad = g_strdup_printf ("substitution 'a b': %s", name);
  g_autofree char *empty = g_strdup_printf ("substitution '': %s", name);

  assert_refused ("50% off", "substitution '% off': after '%' comes '(' or another '%'");
  assert_refused ("%", "substitution '%': after '%' comes '(' or another '%'");
  assert_refused ("%s", "substitution '%s': after '%' comes '(' or another '%'");
  assert_refused ("%(prop:x", "substitution '%(prop:x': it does not end with ')s'");
  assert_refused ("%(prop:x)d", "substitution '%(prop:x)d': it does not end with ')s'");
  assert_refused ("%(prop)s", "substitution 'prop': no ':' behind the selector");
  assert_refused ("%(env:x)s", "substitution 'env:x': the selector is 'prop', 'src', 'worker', "
                               "'secret' or 'kw'");
  assert_refused ("%(prop:a b)s", bad);
  assert_refused ("%(prop:)s", empty);
  assert_refused ("%(src:revision)s",
                  "substitution 'revision': after 'src:' comes CODEBASE:ATTRIBUTE");
  assert_refused ("%(src::colour)s",
                  "substitution ':colour': a source stamp has no such attribute");
  assert_refused ("%(prop:x:=y)s",
                  "substitution '=y': after the key comes ':-', ':~', ':+', ':?' or ':#?'");
  assert_refused ("%(prop:x:?(a(b)s", "substitution '%(prop:x:?(a(b)s': it does not end with ')s'");
  assert_refused ("%(prop:x:?|a)s", "substitution '|a': a choice is a delimiter, a text, the "
                                    "delimiter, another text");
  assert_refused ("%(prop:x:-%(bad)s)s", "substitution 'bad': no ':' behind the selector");
}

static void
test_depth (void)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 10000; i++)
    g_string_append (text, "%(prop:x:-");
  for (guint i = 0; i < 10000; i++)
    g_string_append (text, ")s");
  g_assert_null (belfry_rendered_new (text->str, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG);
}

static JsonNode *
give_much (const char *selector G_GNUC_UNUSED, const char *key G_GNUC_UNUSED, gpointer user_data)
{
  return belfry_json_new_text (user_data);
}

static void
test_too_large (void)
{
  g_autoptr (BelfryRendered) rendered =
      belfry_rendered_new ("%(prop:a)s%(prop:a)s%(prop:a)s", NULL);
  g_autofree char *much = g_strnfill (4 * 1024 * 1024, 'x');
  g_autoptr (GError) error = NULL;

  g_assert_null (belfry_rendered_render (rendered, give_much, much, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_TOO_LARGE);
}

static void
test_questions (void)
{
  g_autoptr (BelfryRendered) literal = belfry_rendered_new ("a %% b", NULL);
  g_autoptr (BelfryRendered) nested = belfry_rendered_new ("%(prop:x:-%(secret:y)s)s", NULL);
  g_autoptr (BelfryRendered) again = belfry_rendered_ref (nested);

  g_assert_true (belfry_rendered_is_literal (literal));
  g_assert_false (belfry_rendered_is_literal (nested));
  g_assert_true (belfry_rendered_uses (nested, "secret"));
  g_assert_true (belfry_rendered_uses (nested, "prop"));
  g_assert_false (belfry_rendered_uses (nested, "src"));
  g_assert_false (belfry_rendered_uses (literal, "prop"));
  g_assert_cmpstr (belfry_rendered_get_source (again), ==, "%(prop:x:-%(secret:y)s)s");
  belfry_rendered_unref (NULL);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rendered/values", test_values);
  g_test_add_func ("/rendered/forms/default", test_default);
  g_test_add_func ("/rendered/forms/truth", test_truth);
  g_test_add_func ("/rendered/forms/exists", test_exists);
  g_test_add_func ("/rendered/forms/choice", test_choice);
  g_test_add_func ("/rendered/forms/nesting", test_nesting);
  g_test_add_func ("/rendered/errors/refused", test_refused);
  g_test_add_func ("/rendered/limits/depth", test_depth);
  g_test_add_func ("/rendered/limits/output", test_too_large);
  g_test_add_func ("/rendered/questions", test_questions);
  return g_test_run ();
}
