/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values as text: printing, escaping, quoting, UTF-8 that never reads past the end. */
#pragma once

#include "value-private.h"

gsize tpl_utf8_step (const char *at, const char *end);
gunichar tpl_utf8_get (const char *at, const char *end);
gsize tpl_utf8_count (const char *text, gsize length);
const char *tpl_utf8_offset (const char *text, gsize length, gsize characters);

gboolean tpl_append (TplRender *render, GString *to, const char *text, gsize length);
void tpl_append_repeated (TplRender *render, GString *to, const char *text, gsize times);
void tpl_append_escaped (TplRender *render, GString *to, const char *text, gsize length);
void tpl_append_value (TplRender *render, GString *to, TplValue value);
void tpl_append_printed (TplRender *render, GString *to, TplValue value);
void tpl_append_quoted (TplRender *render, GString *to, TplValue value);
void tpl_append_json (TplRender *render, GString *to, TplValue value, guint indent);
JsonNode *tpl_value_to_node (TplRender *render, TplValue value);

TplValue tpl_text_copy (TplRender *render, const char *text, gsize length);
TplValue tpl_text_take (TplRender *render, GString *buffer, guint flags);
TplValue tpl_value_to_text (TplRender *render, TplValue value);
TplValue tpl_value_to_safe (TplRender *render, TplValue value);
TplValue tpl_text_join (TplRender *render, TplValue separator, const TplList *items);
char *tpl_double_to_text (double number);
