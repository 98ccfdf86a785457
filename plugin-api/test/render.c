/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pages as browsers get them: a response's template, with the frame that the host adds. */
#include "test-private.h"

static char *
load_template (const char *name, gpointer templates, GError **error)
{
  g_autofree char *file = g_build_filename (templates, name, NULL);
  char *text = NULL;

  return g_file_get_contents (file, &text, NULL, error) ? text : NULL;
}

static const char frame[] =
    "{\"site\":{\"title\":\"Acme <CI>\",\"title_url\":\"https://acme.example/\","
    "\"version\":\"0.1.0\",\"theme\":\"auto\",\"zone\":\"UTC\",\"now\":1700000000,\"nav\":["
    "{\"title\":\"Home\",\"href\":\"./\",\"current\":false},"
    "{\"title\":\"Waterfall\",\"href\":\"waterfall\",\"current\":true},"
    "{\"title\":\"Builders\",\"href\":\"builders\",\"current\":false},"
    "{\"title\":\"Changes\",\"href\":\"changes\",\"current\":false}]},"
    "\"may\":{},\"csrf\":\"token\",\"message\":\"\",\"language\":\"en\"}";

static void
copy_member (JsonObject *object, const char *name, JsonNode *node, gpointer target)
{
  json_object_set_member (target, name, json_node_copy (node));
}

/* from a page back to the root */
static char *
dup_base (const char *path)
{
  GString *base = g_string_new (NULL);

  for (const char *at = path + 1; *at != '\0' && *at != '?'; at++)
    if (*at == '/')
      g_string_append (base, "../");
  return g_string_free (base, FALSE);
}

static void
add_frame (JsonObject *data, const char *path)
{
  g_autoptr (JsonNode) node = belfry_json_parse (frame, -1, NULL, NULL);
  g_autofree char *base = dup_base (path);

  json_object_foreach_member (json_node_get_object (node), copy_member, data);
  json_object_set_string_member (data, "base", base);
}

/**
 * belfry_test_render:
 * @response: a response whose kind is %BELFRY_RESPONSE_TEMPLATE; its data gets the frame's members
 * @path: that the page was asked for by
 * @templates: folder of the templates: `templates` in the host's data folder
 * @error: of the template
 *
 * Returns: (transfer full) (nullable): the page in HTML
 * Since: 0.1
 */
char *
belfry_test_render (BelfryResponse *response,
                    const char *path,
                    const char *templates,
                    GError **error)
{
  BelfryTemplateSettings settings = BELFRY_TEMPLATE_SETTINGS_INIT;
  const char *name = belfry_response_get_template_name (response);
  JsonObject *data = belfry_response_get_data (response);
  g_autoptr (BelfryTemplate) template = NULL;
  g_autofree char *text = load_template (name, (gpointer)templates, error);

  if (text == NULL)
    return NULL;
  add_frame (data, path);
  settings.flags = BELFRY_TEMPLATE_ESCAPE_HTML;
  settings.loader = load_template;
  settings.loader_data = (gpointer)templates;
  template = belfry_template_new (name, text, &settings, error);
  if (template == NULL)
    return NULL;
  return belfry_template_render_records (template, data, belfry_response_get_records (response),
                                         "en", 0, error);
}
