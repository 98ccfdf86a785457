/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the oracle cannot say: Belfry's own filters, limits, places of errors, strictness,
 * translation, threads. */
#include "belfry-error.h"
#include "belfry-json.h"
#include "belfry-record.h"
#include "belfry-template.h"
#include "belfry-text.h"

#include <string.h>

static const char *const others[][2] = {
  { "base", "<{% block a %}{% endblock %}>" },
  { "broken", "x\ny\n{{ 1 | nofilter }}" },
  { "self", "{% include 'self' %}" },
  { "ouroboros", "{% extends 'ouroboros' %}" },
  { "fails", "a\n{{ x.y }}" },
  { "macros", "{% macro bad() %}\n\n{{ 1 / 0 }}{% endmacro %}" },
};

static guint loads; /* changed atomically */

static char *
load (const char *name, gpointer user_data G_GNUC_UNUSED, GError **error)
{
  g_atomic_int_inc (&loads);
  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    if (strcmp (others[i][0], name) == 0)
      return g_strdup (others[i][1]);
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_NOT_FOUND, "no such file '%s'", name);
  return NULL;
}

static JsonNode *
parse_data (const char *text)
{
  g_autoptr (GError) error = NULL;
  JsonNode *node = belfry_json_parse (text, -1, NULL, &error);

  g_assert_no_error (error);
  return node;
}

static char *
render_with (const char *text,
             const char *data,
             const BelfryTemplateSettings *settings,
             GError **error)
{
  g_autoptr (BelfryTemplate) template = belfry_template_new ("page", text, settings, error);
  g_autoptr (JsonNode) node = parse_data (data);

  if (template == NULL)
    return NULL;
  return belfry_template_render (template, json_node_get_object (node), NULL,
                                 G_GINT64_CONSTANT (7200) * G_USEC_PER_SEC, error);
}

static void
assert_renders (const char *text, const char *expected)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *result = render_with (text, "{}", NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (result, ==, expected);
}

static void
assert_fails (const char *text, BelfryError code, const char *message)
{
  BelfryTemplateSettings settings = BELFRY_TEMPLATE_SETTINGS_INIT;
  g_autoptr (GError) error = NULL;
  g_autofree char *result = NULL;

  settings.loader = load;
  result = render_with (text, "{\"x\": {\"y\": 1}}", &settings, &error);
  g_assert_null (result);
  g_assert_error (error, BELFRY_ERROR, (int)code);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_source (void)
{
  g_autoptr (BelfryTemplate) template = belfry_template_new ("page", "a\r\n", NULL, NULL);
  g_autoptr (BelfryTemplate) again = belfry_template_ref (template);
  g_autofree char *text = belfry_template_render (template, NULL, NULL, 0, NULL);

  g_assert_true (again == template);
  g_assert_cmpstr (belfry_template_get_source (template), ==, "a\r\n");
  g_assert_cmpstr (text, ==, "a");
  belfry_template_unref (NULL);
}

static void
test_time_filters (void)
{
  assert_renders ("{{ 0|datetime }}", "1970-01-01 02:00:00");
  assert_renders ("{{ 1700000000|datetime('%d.%m.%Y') }}", "15.11.2023");
  assert_renders ("{{ 1700000000|isotime }}", "2023-11-14T22:13:20Z");
  assert_renders ("{{ none|datetime }}{{ nope|isotime }}{{ none|duration }}", "");
  assert_renders ("{{ 12|duration }},{{ 184|duration }},{{ 3725|duration }},{{ 93600|duration }}",
                  "12s,3m 04s,1h 02m,1d 02h");
  assert_renders ("{{ 59.9|duration }},{{ 60|duration }},{{ -5|duration }}", "59s,1m 00s,0s");
  assert_fails ("{{ 'x'|datetime }}", BELFRY_ERROR_MALFORMED, "page:1: text is no time");
}

static void
test_other_filters (void)
{
  assert_renders ("{{ 0|filesize }},{{ 1536|filesize }},{{ 20971520|filesize }}",
                  "0 B,1.5 KiB,20.0 MiB");
  assert_renders ("{{ 'a/b~c ü+'|urlencode }}", "a%2Fb~c%20%C3%BC%2B");
  assert_renders ("{{ {'a': 'x y', 'b': 2}|urlencode }}{{ [['c', '&']]|urlencode }}",
                  "a=x%20y&b=2c=%26");
  assert_renders ("{{ 'code'|fence }}", "```\ncode\n```");
  assert_renders ("{{ 'a ```` b\n'|fence }}", "`````\na ```` b\n`````");
}

static void
test_parse_errors (void)
{
  const BelfryError config = BELFRY_ERROR_CONFIG;

  assert_fails ("a\n{{ x|shout }}", config, "page:2: unknown filter 'shout'");
  assert_fails ("{% if x is\nfunny %}", config, "page:2: unknown test 'funny'");
  assert_fails ("\n\n{% trans %}", config, "page:3: unknown tag 'trans'");
  assert_fails ("{{ x.y.frob() }}", config, "page:1: unknown method 'frob'");
  assert_fails ("{{ x|map('shout')|list }}", config, "page:1: unknown filter 'shout'");
  assert_fails ("{{ x|selectattr('a', 'funny') }}", config, "page:1: unknown test 'funny'");
  assert_fails ("{% for a in x %}\n", config, "page:1: what begins here has no 'endfor'");
  assert_fails ("{{ x y }}", config, "page:1: unexpected 'y'");
  assert_fails ("{{ x|truncate(size=3) }}", config,
                "page:1: filter 'truncate' takes no argument 'size'");
  assert_fails ("{{ 99999999999999999999 }}", config,
                "page:1: '99999999999999999999' is no number that fits in 64 bits");
  assert_fails ("{% include 'gone' %}", config, "page:1: template 'gone': no such file 'gone'");
  assert_fails ("\n{% include 'broken' %}", config,
                "page:2: template 'broken': broken:3: unknown filter 'nofilter'");
  assert_fails ("{% if x %}{% else %}{% elif x %}{% endif %}", config,
                "page:1: 'elif' after 'else'");
  assert_fails ("{{ [1](2) }}", config,
                "page:1: unexpected '(': only names and methods can be called");
}

static void
test_no_loader (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (belfry_template_new ("mail", "{% extends 'x' %}", NULL, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG);
  g_assert_cmpstr (error->message, ==,
                   "mail:1: 'extends' cannot be used here: there are no other templates");
  g_clear_error (&error);
  g_assert_null (belfry_template_new ("mail", "{{ list.frob() }}", NULL, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG);
  g_assert_cmpstr (error->message, ==, "mail:1: unknown method 'frob'");
  g_clear_error (&error);
  g_assert_null (belfry_template_new ("mail", "{% macro a() %}{% endmacro %}{{ a() }}\n{{ b() }}",
                                      NULL, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG);
  g_assert_cmpstr (error->message, ==, "mail:2: unknown function 'b'");
}

static void
test_render_errors (void)
{
  const BelfryError malformed = BELFRY_ERROR_MALFORMED;

  assert_fails ("a\nb{{ nope.x }}", malformed, "page:2: 'nope' is undefined, so it has no 'x'");
  assert_fails ("{{ nope() }}", malformed, "page:1: 'nope' is undefined and cannot be called");
  assert_fails ("{{ 1 +\n\n'a' }}", malformed, "page:1: cannot add a number and text");
  assert_fails ("{% set z = nothing %}{% include 'fails' %}{{ z.a }}", malformed,
                "page:1: 'nothing' is undefined, so it has no 'a'");
  assert_fails ("{% import 'macros' as m %}\n{{ m.bad() }}", malformed,
                "macros:3: division by zero");
  assert_fails ("{% set n = 'gone' %}\n{% include n %}", malformed,
                "page:2: template 'gone': no such file 'gone'");
  assert_fails ("{% set n = 'broken' %}{% include n %}", malformed,
                "page:1: template 'broken': broken:3: unknown filter 'nofilter'");
  assert_fails ("{{ x.get() }}", malformed, "page:1: wrong number of arguments for method 'get'");
  assert_fails ("{{ x.upper() }}", malformed, "page:1: a map has no method 'upper'");
  assert_fails ("{{ 9223372036854775807 + 1 }}", malformed,
                "page:1: a whole number beyond 64 bits");
}

static void
test_call_depth (void)
{
  const BelfryError malformed = BELFRY_ERROR_MALFORMED;

  assert_fails ("{% include 'self' %}", malformed, "self:1: includes nested more than 32 deep");
  assert_fails ("{% extends 'ouroboros' %}", malformed,
                "ouroboros:1: 'extends' nested more than 32 deep");
  assert_fails ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", malformed,
                "page:1: macros nested more than 32 deep");
}

static void
test_parse_depth (void)
{
  g_autoptr (GString) text = g_string_new ("{{ ");
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < 5000; i++)
    g_string_append_c (text, '(');
  g_string_append (text, "1");
  for (guint i = 0; i < 5000; i++)
    g_string_append_c (text, ')');
  g_string_append (text, "}}");
  g_assert_null (belfry_template_new ("deep", text->str, NULL, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG);
  g_assert_cmpstr (error->message, ==, "deep:1: nested more than 200 deep");
  g_clear_error (&error);
  g_string_assign (text, "{{ 1");
  for (guint i = 0; i < 5000; i++)
    g_string_append (text, "+1");
  g_string_append (text, "}}");
  g_assert_null (belfry_template_new ("long", text->str, NULL, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG);
  g_assert_cmpstr (error->message, ==, "long:1: an expression of more than 200 levels");
}

static void
assert_limited (const char *text, guint steps, gsize bytes, const char *message)
{
  BelfryTemplateSettings settings = BELFRY_TEMPLATE_SETTINGS_INIT;
  g_autoptr (GError) error = NULL;
  g_autofree char *result = NULL;

  settings.max_steps = steps;
  settings.max_output_bytes = bytes;
  result = render_with (text, "{}", &settings, &error);
  g_assert_null (result);
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_limits (void)
{
  assert_limited ("{% for i in range(9) %}{{ i }}{% endfor %}", 20, 0, "page:1: too many steps");
  assert_limited ("{% for i in range(9) %}abc{% endfor %}", 0, 10,
                  "page:1: more than 10 bytes of output");
  assert_limited ("{{ 'abc' * 1000000000000 }}", 0, 0, "page:1: more than 8388608 bytes of output");
  assert_limited ("{{ ([1] * 1000000000000)|length }}", 0, 0,
                  "page:1: more than 33554432 bytes of memory");
  assert_limited ("{{ range(1000000) }}", 0, 0, "page:1: range() of more than 100000 numbers");
  assert_limited ("{{ '%99999d' % 1 }}", 0, 0, "page:1: a format wider than 10000");
  assert_limited ("{{ '{:99999}'.format('') }}", 0, 0, "page:1: a format wider than 10000");
  assert_limited ("{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}", 0,
                  0, "page:1: too many steps");
}

static void
test_doubling (void)
{
  g_autoptr (GString) text = g_string_new ("{% set x = 'ab' %}{% set y = [1] %}");

  for (guint i = 0; i < 60; i++)
    g_string_append (text, "{% set y = [y, y] %}");
  g_string_append (text, "{{ y == y }}{{ y }}");
  assert_limited (text->str, 0, 0, "page:1: too many steps");
  g_string_assign (text, "{% set x = 'ab' %}");
  for (guint i = 0; i < 60; i++)
    g_string_append (text, "{% set x = x ~ x %}");
  assert_limited (text->str, 0, 0, "page:1: more than 8388608 bytes of output");
}

static char *
render_strict (const char *text, GError **error)
{
  BelfryTemplateSettings settings = BELFRY_TEMPLATE_SETTINGS_INIT;

  settings.flags = BELFRY_TEMPLATE_STRICT;
  return render_with (text, "{\"body\": {\"ref\": \"main\", \"no\": null}}", &settings, error);
}

static void
assert_strict_fails (const char *text, const char *message)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (render_strict (text, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED);
  g_assert_cmpstr (error->message, ==, message);
}

static void
test_strict (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = render_strict ("{{ body.ref }}{{ body.x|default('d') }}{{ y is defined }}"
                                         "{{ body.no }}{{ z|d }}{{ body.get('q') }}",
                                         &error);

  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "maindFalseNoneNone");
  assert_strict_fails ("{{ nope }}", "page:1: 'nope' is undefined");
  assert_strict_fails ("\n{{ body.nope }}", "page:2: 'nope' is undefined");
  assert_strict_fails ("{% if nope %}{% endif %}", "page:1: 'nope' is undefined");
  assert_strict_fails ("{{ body.nope.x|default('d') }}", "page:1: 'nope' is undefined");
  assert_strict_fails ("{% for x in nope %}{% endfor %}", "page:1: 'nope' is undefined");
}

static const char *
translate (const char *language, const char *text, const char *plural, guint64 count)
{
  g_assert_cmpstr (language, ==, "de");
  if (strcmp (text, "one build") == 0)
    return count == 1 ? "ein Bau" : "%(num)d Bauten <%(who)s>";
  g_assert_null (plural);
  return strcmp (text, "Builds") == 0 ? "Bauten" : text;
}

static void
assert_translates (const char *text, const char *language, const char *expected)
{
  BelfryTemplateSettings settings = BELFRY_TEMPLATE_SETTINGS_INIT;
  g_autoptr (BelfryTemplate) template = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *result = NULL;

  settings.flags = BELFRY_TEMPLATE_ESCAPE_HTML;
  template = belfry_template_new ("page", text, &settings, &error);
  g_assert_no_error (error);
  result = belfry_template_render (template, NULL, language, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (result, ==, expected);
}

static void
test_translation (void)
{
  assert_translates ("{{ _('Builds') }}", "de", "Builds");
  belfry_set_translate (translate);
  assert_translates ("{{ _('Builds') }}", "de", "Bauten");
  assert_translates ("{{ _('Other') }}", "de", "Other");
  assert_translates ("{{ _('Builds') }}", NULL, "Builds");
  assert_translates ("{{ _('by %(who)s', who='A & B') }}", "de", "by A &amp; B");
  assert_translates ("{{ ngettext('one build', '%(num)d builds', 1) }}", "de", "ein Bau");
  assert_translates ("{{ ngettext('one build', '%(num)d builds', 3, who='x') }}", "de",
                     "3 Bauten &lt;x&gt;");
  assert_translates ("{{ ngettext('one build', 'many builds', 2) }}", NULL, "many builds");
  assert_translates ("{% set _ = 1 %}{{ _ }}", "de", "1");
  belfry_set_translate (NULL);
}

static void
test_invalid_text (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (belfry_template_new ("page", "\xff", NULL, &error));
  g_assert_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG);
}

/* a plugin that lets such text slip in must not make anything read past its end */
static void
test_invalid_data (void)
{
  const char *text =
      "{{ x|length }}{{ x[0]|length }}{{ x|upper }}{{ x|title }}{{ [x] }}{{ x|list }}"
      "{{ x[::-1] }}{{ x|tojson }}{{ x.title() }}{{ x|trim }}{{ x|truncate(3) }}";
  g_autoptr (BelfryTemplate) template = belfry_template_new ("page", text, NULL, NULL);
  g_autoptr (JsonObject) data = json_object_new ();
  g_autoptr (GError) error = NULL;
  g_autofree char *result = NULL;

  json_object_set_string_member (data, "x", "\xf0\xe4 \xc3");
  result = belfry_template_render (template, data, NULL, 0, &error);
  g_assert_no_error (error);
  g_assert_nonnull (result);
}

static gpointer
render_often (gpointer user_data)
{
  g_autoptr (JsonNode) node = parse_data ("{\"names\": [\"base\", \"x\"]}");

  for (guint i = 0; i < 500; i++) {
    g_autoptr (GError) error = NULL;
    g_autofree char *text =
        belfry_template_render (user_data, json_node_get_object (node), NULL, 0, &error);

    g_assert_no_error (error);
    g_assert_cmpstr (text, ==, "<[base][x]>");
  }
  return NULL;
}

static void
test_threads (void)
{
  BelfryTemplateSettings settings = BELFRY_TEMPLATE_SETTINGS_INIT;
  g_autoptr (BelfryTemplate) template = NULL;
  GThread *threads[4];

  settings.loader = load;
  template = belfry_template_new (
      "page",
      "{% extends names[0] %}{% block a %}{% for n in names %}[{{ n }}]{% endfor %}{% endblock %}",
      &settings, NULL);
  g_assert_nonnull (template);
  g_atomic_int_set (&loads, 0);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("render", render_often, template);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  g_assert_cmpint (g_atomic_int_get (&loads), ==, 1);
}

/* every type of field that a template can ask of a record */
static void
test_records (void)
{
  static const char text[] =
      "{% for b in builds %}{{ b.number }} {{ b.complete }} {{ b.started_at }} {{ b.complete_at }}"
      " {{ b.state_string }} {{ b.url }} {{ b.results }} {{ b.properties.branch }}"
      " {{ b.builder.name }} {{ b.builder.tags|join('+') }} {{ b.builder.masterids|length }}"
      " {{ b.steps|length }}{% for s in b.steps %} {{ s.name }}{% endfor %} {{ b.buildset }}"
      " {{ b.bsid is defined }} {{ b.nothing is defined }}\n{% endfor %}{{ builds|length }}";
  g_autoptr (BelfryTemplate) template = belfry_template_new ("page", text, NULL, NULL);
  g_autoptr (GPtrArray) builds = g_ptr_array_new_with_free_func (belfry_record_unref);
  BelfryTemplateRecords records = { "builds", builds };
  g_autoptr (GError) error = NULL;
  g_autofree char *html = NULL;
  BelfryBuild *build = belfry_build_new ();
  BelfryStep *step = belfry_step_new ();

  g_ptr_array_add (builds, build);
  build->number = 7;
  build->complete = TRUE;
  build->started_at = 1500 * G_TIME_SPAN_MILLISECOND;
  build->complete_at = BELFRY_NONE;
  build->results = BELFRY_RESULT_FAILURE;
  build->properties = belfry_properties_new ();
  belfry_properties_set_text (build->properties, "branch", "main", "Build");
  build->builder = belfry_builder_new ();
  belfry_record_set_text (&build->builder->name, "linux");
  build->builder->tags = g_strsplit ("a;b", ";", -1);
  build->builder->masterids = belfry_json_parse ("[1,2]", -1, NULL, NULL);
  build->steps = g_ptr_array_new_with_free_func (belfry_record_unref);
  g_ptr_array_add (build->steps, step);
  belfry_record_set_text (&step->name, "compile");
  html = belfry_template_render_records (template, NULL, &records, NULL, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (html, ==,
                   "7 True 1 None  None 2 main linux a+b 2 1 compile None False False\n1");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/template/source/is-kept", test_source);
  g_test_add_func ("/template/filters/times", test_time_filters);
  g_test_add_func ("/template/filters/others", test_other_filters);
  g_test_add_func ("/template/errors/parse", test_parse_errors);
  g_test_add_func ("/template/errors/no-loader", test_no_loader);
  g_test_add_func ("/template/errors/render", test_render_errors);
  g_test_add_func ("/template/errors/invalid-text", test_invalid_text);
  g_test_add_func ("/template/limits/call-depth", test_call_depth);
  g_test_add_func ("/template/limits/parse-depth", test_parse_depth);
  g_test_add_func ("/template/limits/steps-and-bytes", test_limits);
  g_test_add_func ("/template/limits/doubling", test_doubling);
  g_test_add_func ("/template/strict/undefined-is-an-error", test_strict);
  g_test_add_func ("/template/translation/by-language", test_translation);
  g_test_add_func ("/template/data/invalid-utf8", test_invalid_data);
  g_test_add_func ("/template/data/records", test_records);
  g_test_add_func ("/template/threads/share-a-template", test_threads);
  return g_test_run ();
}
