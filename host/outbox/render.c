/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Rendering: subject and body of a message, then its targets. Of several builds the bodies follow
 * each other; a subject of the formatter's own is the last one's, and where there is none the
 * section's `subject` speaks for all.
 */
#include "prepare.h"

#define MAX_SUBJECT_BYTES 1024
#define MAX_PAYLOAD_BYTES (1024 * 1024)

typedef struct {
  GString *body;
  char *subject; /* (nullable) */
  gboolean is_html;
} Text;

static void
text_clear (Text *text)
{
  if (text->body != NULL)
    g_string_free (text->body, TRUE);
  g_free (text->subject);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Text, text_clear)

/* what a formatter program printed: body, and what else it cares to say */
static gboolean
take_output (BelfryDraft *self, JsonObject *output, Text *text, GError **error)
{
  const char *body = belfry_json_get_text (output, "body");
  const char *type = belfry_json_get_text (output, "type");
  const char *subject = belfry_json_get_text (output, "subject");

  if (body == NULL ||
      (type != NULL && !g_str_equal (type, "plain") && !g_str_equal (type, "html"))) {
    self->is_passing = TRUE;
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "formatting by a program: %s",
                 body == NULL ? "it printed no 'body'" : "its 'type' is neither plain nor html");
    return FALSE;
  }
  g_string_append (text->body, body);
  text->is_html = g_strcmp0 (type, "html") == 0;
  if (subject != NULL) {
    g_free (text->subject);
    text->subject = g_strdup (subject);
  }
  return TRUE;
}

static BelfryFormatter *
choose_formatter (BelfryDraft *self)
{
  if (g_str_equal (self->row->phase, "worker"))
    return self->reporting->missing_formatter;
  return self->note != NULL ? self->reporting->fallback_formatter : self->reporting->formatter;
}

static gboolean
render_one (BelfryDraft *self, guint index, Text *text, GError **error)
{
  JsonNode *output = json_array_get_element (self->outputs, index);
  BelfryFormatter *formatter = choose_formatter (self);
  gint64 offset_us = belfry_reporting_get_offset (self->reporting, belfry_clock_now_us ());
  g_autofree char *body = NULL;
  g_autofree char *subject = NULL;

  if (JSON_NODE_HOLDS_OBJECT (output))
    return take_output (self, json_node_get_object (output), text, error);
  text->is_html = belfry_formatter_is_html (formatter);
  if (!belfry_formatter_render (formatter, json_array_get_object_element (self->variables, index),
                                self->reporting->language, offset_us, &body, &subject, error))
    return FALSE;
  g_string_append (text->body, body);
  if (subject != NULL) {
    g_free (text->subject);
    text->subject = g_steal_pointer (&subject);
  }
  return TRUE;
}

/* `%(result)s` and its like, as the key `subject` knows them */
static char *
expand_subject (const char *pattern, const char *result, const char *builder, const char *title)
{
  const struct {
    const char *name;
    const char *value;
  } substitutions[] = {
    { "%(result)s", result },
    { "%(builder)s", builder },
    { "%(title)s", title },
    { "%(projectName)s", title },
    { "%%", "%" },
  };
  g_autoptr (GString) text = g_string_new (NULL);

  for (const char *at = pattern; *at != '\0';) {
    gsize length = 0;

    for (gsize i = 0; i < G_N_ELEMENTS (substitutions) && length == 0; i++)
      if (g_str_has_prefix (at, substitutions[i].name)) {
        g_string_append (text, substitutions[i].value);
        length = strlen (substitutions[i].name);
      }
    if (length == 0)
      g_string_append_c (text, *at++);
    at += length;
  }
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static gint64
get_result (JsonObject *build)
{
  return belfry_json_get_integer (build, "results", BELFRY_NONE);
}

static gint64
get_worst (BelfryDraft *self)
{
  gint64 worst = BELFRY_RESULT_SKIPPED;

  for (guint i = 0; i < json_array_get_length (self->builds); i++)
    worst =
        belfry_result_worst (worst, get_result (json_array_get_object_element (self->builds, i)));
  return worst;
}

static char *
make_default_subject (BelfryDraft *self)
{
  const BelfryReporting *reporting = self->reporting;
  guint n_builds = json_array_get_length (self->builds);
  JsonObject *first = n_builds > 0 ? json_array_get_object_element (self->builds, 0) : NULL;
  JsonObject *builder = first != NULL ? belfry_json_get_object (first, "builder") : NULL;
  JsonObject *worker = belfry_json_get_object (self->report, "worker");
  gboolean is_set = belfry_json_get_boolean (self->report, "is_buildset", FALSE);
  gint64 result = first != NULL ? get_result (first) : BELFRY_NONE;
  const char *name = builder != NULL ? belfry_json_get_text (builder, "name") : NULL;
  g_autofree char *several = NULL;

  if (worker != NULL)
    return g_strdup_printf (belfry_tr (reporting->language, "Buildbot worker %s missing"),
                            belfry_json_get_text (worker, "name"));
  if (is_set) {
    name = belfry_tr (reporting->language, "whole buildset");
    result = self->set_results;
  } else if (n_builds > 1) {
    several = g_strdup_printf (belfry_tr_n (reporting->language, "%u build", "%u builds", n_builds),
                               n_builds);
    name = several;
    result = get_worst (self);
  }
  return expand_subject (belfry_tr (reporting->language, reporting->keys->subject),
                         belfry_tr (reporting->language, belfry_result_get_name (result)),
                         name != NULL ? name : "", reporting->title);
}

/* one line, whatever was in it */
static char *
clean_subject (const char *subject)
{
  g_autofree char *cut = belfry_text_cut (subject, MAX_SUBJECT_BYTES);

  for (char *at = cut; *at != '\0'; at++)
    if (g_ascii_iscntrl (*at))
      *at = ' ';
  return g_strdup (g_strstrip (cut));
}

static void
add_note (BelfryDraft *self, Text *text)
{
  g_autofree char *escaped = NULL;

  if (self->note == NULL)
    return;
  escaped = text->is_html ? belfry_text_escape_html (self->note) : g_strdup (self->note);
  g_string_prepend (text->body, text->is_html ? "<br>\n" : "\n\n");
  g_string_prepend (text->body, escaped);
}

/* what the host says itself needs no template, and so cannot fail by one */
static void
render_notice (BelfryDraft *self, Text *text)
{
  JsonObject *data = self->row->data != NULL && JSON_NODE_HOLDS_OBJECT (self->row->data)
                         ? json_node_get_object (self->row->data)
                         : NULL;
  const char *body = data != NULL ? belfry_json_get_text (data, "body") : NULL;
  const char *subject = data != NULL ? belfry_json_get_text (data, "subject") : NULL;
  g_autofree char *escaped = NULL;

  text->is_html = belfry_formatter_is_html (self->reporting->formatter);
  escaped = text->is_html ? belfry_text_escape_html (body != NULL ? body : "") : g_strdup (body);
  g_string_append (text->body, escaped != NULL ? escaped : "");
  text->subject = g_strdup (subject != NULL ? subject : "Notice");
}

static gboolean
is_notice (const BelfryDraft *self)
{
  return g_str_equal (self->row->phase, "alert") || g_str_equal (self->row->phase, "test");
}

gboolean
belfry_draft_render (BelfryDraft *self, GError **error)
{
  g_auto (Text) text = { g_string_new (NULL), NULL, FALSE };
  g_autofree char *subject = NULL;

  if (!belfry_reporting_is_message (self->reporting))
    return TRUE;
  if (is_notice (self))
    render_notice (self, &text);
  else
    for (guint i = 0; i < json_array_get_length (self->variables); i++) {
      /* a template's last line break is none of its text, but bodies do not share a line */
      if (text.body->len > 0 && text.body->str[text.body->len - 1] != '\n')
        g_string_append_c (text.body, '\n');
      if (!render_one (self, i, &text, error))
        return FALSE;
    }
  add_note (self, &text);
  if (text.subject == NULL)
    text.subject = make_default_subject (self);
  subject = clean_subject (text.subject);
  json_object_set_string_member (self->report, "subject", subject);
  json_object_set_string_member (self->report, "body", text.body->str);
  json_object_set_string_member (self->report, "type", text.is_html ? "html" : "plain");
  return TRUE;
}

/* a reporter without a plan gets the whole report for its one target */
static void
plan_whole (BelfryDraft *self, const BelfryReport *report)
{
  g_autoptr (JsonNode) payload = json_node_alloc ();
  g_autoptr (JsonNode) kept = NULL;
  g_autofree char *key = NULL;

  if (self->row->buildid != BELFRY_NONE)
    key = g_strdup_printf ("build/%" G_GINT64_FORMAT, self->row->buildid);
  else if (self->row->bsid != BELFRY_NONE)
    key = g_strdup_printf ("buildset/%" G_GINT64_FORMAT, self->row->bsid);
  json_node_init_object (payload, belfry_report_get_data (report));
  json_object_remove_member (self->report, "variables");
  belfry_targets_add (self->targets, self->reporting->name, key, payload);
}

static gboolean
check_payloads (BelfryTargets *targets, GError **error)
{
  for (guint i = 0; i < belfry_targets_get_length (targets); i++) {
    JsonNode *payload = belfry_targets_get_payload (targets, i);
    g_autofree char *text = payload != NULL ? belfry_json_to_text (payload) : NULL;

    if (text != NULL && strlen (text) > MAX_PAYLOAD_BYTES) {
      g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_TOO_LARGE,
                   "planning: what '%s' would get has %" G_GSIZE_FORMAT " bytes, more than 1 MiB",
                   belfry_targets_get_target (targets, i), strlen (text));
      return FALSE;
    }
  }
  return TRUE;
}

static gboolean
plan (BelfryDraft *self, GError **error)
{
  const BelfryReporter *plugin = self->reporting->plugin;
  g_autoptr (BelfryReport) report = belfry_report_new (self->report);

  self->targets = belfry_targets_new ();
  if (plugin->plan == NULL) {
    plan_whole (self, report);
    return TRUE;
  }
  if (plugin->plan (self->reporting->state, report, self->targets, error))
    return check_payloads (self->targets, error);
  if (error != NULL && *error == NULL)
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL,
                 "planning: the reporter failed without saying why");
  return FALSE;
}

void
belfry_draft_finish (BelfryDraft *self, BelfryReader *reader)
{
  GError *error = NULL;
  gboolean passing = FALSE;

  if (self->absent || self->is_over || self->error != NULL)
    return;
  if (!belfry_draft_resolve_people (self, reader, &error))
    passing = TRUE;
  else if (!belfry_draft_render (self, &error))
    passing = self->is_passing;
  else if (!plan (self, &error))
    passing = g_error_matches (error, BELFRY_ERROR, BELFRY_ERROR_RETRY);
  if (error != NULL)
    belfry_draft_fail (self, passing, error);
}
