/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Strports: `KIND:value:key=value…`, as Twisted's endpoints write them. Which keys a kind knows,
 * and where the values without a key go, stands in one table; a colon or backslash inside a value
 * is written with a backslash before it.
 */
#include "www/strports.h"

#include <string.h>

typedef enum {
  VALUE_TEXT,
  VALUE_NUMBER,
  VALUE_OCTAL,
  VALUE_PORT,
  VALUE_INTERFACE,
} ValueType;

typedef struct {
  BelfryListenerKind kind;
  const char *key;
  int position; /* of a value without key; -1: only by key */
  ValueType type;
  gsize offset;
} Part;

#define TCP_PARTS(kind)                                                                            \
  { kind, "port", 0, VALUE_PORT, G_STRUCT_OFFSET (BelfryStrport, port) },                          \
      { kind, "interface", -1, VALUE_INTERFACE, G_STRUCT_OFFSET (BelfryStrport, interface) },      \
  {                                                                                                \
    kind, "backlog", -1, VALUE_NUMBER, G_STRUCT_OFFSET (BelfryStrport, backlog)                    \
  }
#define TEXT_PART(kind, key, member)                                                               \
  {                                                                                                \
    kind, key, -1, VALUE_TEXT, G_STRUCT_OFFSET (BelfryStrport, member)                             \
  }

static const Part parts[] = {
  TCP_PARTS (BELFRY_LISTENER_TCP),
  TCP_PARTS (BELFRY_LISTENER_SSL),
  TEXT_PART (BELFRY_LISTENER_SSL, "privateKey", private_key),
  TEXT_PART (BELFRY_LISTENER_SSL, "certKey", cert_key),
  TEXT_PART (BELFRY_LISTENER_SSL, "extraCertChain", extra_chain),
  { BELFRY_LISTENER_UNIX, "address", 0, VALUE_TEXT, G_STRUCT_OFFSET (BelfryStrport, path) },
  { BELFRY_LISTENER_UNIX, "mode", -1, VALUE_OCTAL, G_STRUCT_OFFSET (BelfryStrport, mode) },
  { BELFRY_LISTENER_UNIX, "backlog", -1, VALUE_NUMBER, G_STRUCT_OFFSET (BelfryStrport, backlog) },
  TEXT_PART (BELFRY_LISTENER_UNIX, "group", group),
  { BELFRY_LISTENER_SYSTEMD, "domain", 0, VALUE_TEXT, G_STRUCT_OFFSET (BelfryStrport, domain) },
  { BELFRY_LISTENER_SYSTEMD, "index", 1, VALUE_NUMBER, G_STRUCT_OFFSET (BelfryStrport, index) },
  TEXT_PART (BELFRY_LISTENER_SYSTEMD, "name", name),
};

static const struct {
  const char *word;
  BelfryListenerKind kind;
  gboolean is_ipv6;
} kinds[] = {
  { "tcp", BELFRY_LISTENER_TCP, FALSE },         { "tcp6", BELFRY_LISTENER_TCP, TRUE },
  { "unix", BELFRY_LISTENER_UNIX, FALSE },       { "ssl", BELFRY_LISTENER_SSL, FALSE },
  { "systemd", BELFRY_LISTENER_SYSTEMD, FALSE },
};

static const char *const kind_words[] = { "tcp", "tcp6", "unix", "ssl", "systemd", NULL };

void
belfry_strport_free (BelfryStrport *self)
{
  if (self == NULL)
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    g_clear_pointer ((char **)G_STRUCT_MEMBER_P (self, parts[i].offset), g_free);
  g_free (self->text);
  g_free (self);
}

char *
belfry_strport_dup_unix (const char *path)
{
  GString *text = g_string_new ("unix:");

  for (const char *at = path; *at != '\0'; at++) {
    if (*at == ':' || *at == '\\')
      g_string_append_c (text, '\\');
    g_string_append_c (text, *at);
  }
  return g_string_free (text, FALSE);
}

char *
belfry_strport_dup_door (const char *text)
{
  g_autofree char *path = NULL;

  if (text[0] == '\0' || strchr ("/~.", text[0]) == NULL)
    return g_strdup (text);
  if (text[0] == '~' && (text[1] == '/' || text[1] == '\0'))
    path = g_build_filename (g_get_home_dir (), text + 1, NULL);
  return belfry_strport_dup_unix (path != NULL ? path : text);
}

guint
belfry_strport_get_number (const char *digits, guint fallback)
{
  guint64 value = 0;

  if (digits == NULL || !g_ascii_string_to_unsigned (digits, 10, 0, G_MAXINT, &value, NULL))
    return fallback;
  return (guint)value;
}

/* Splits at colons without a backslash; of brackets, as around `[::1]`, the colons do not count. */
static GPtrArray *
split (const char *text)
{
  GPtrArray *words = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GString) word = g_string_new (NULL);
  gboolean is_inside = FALSE;

  for (const char *at = text; *at != '\0'; at++) {
    if (*at == '\\' && (at[1] == ':' || at[1] == '\\')) {
      g_string_append_c (word, *++at);
      continue;
    }
    is_inside = (is_inside || *at == '[') && *at != ']';
    if (*at == ':' && !is_inside) {
      g_ptr_array_add (words, g_strdup (word->str));
      g_string_truncate (word, 0);
    } else {
      g_string_append_c (word, *at);
    }
  }
  g_ptr_array_add (words, g_strdup (word->str));
  return words;
}

static gboolean
fail (GError **error, const char *what, const char *value, const char *why)
{
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG, "%s '%s': %s", what, value, why);
  return FALSE;
}

static char *
read_interface (const char *value, GError **error)
{
  g_autofree char *bare = NULL;
  g_autoptr (GInetAddress) address = NULL;
  gsize length = strlen (value);

  if (length == 0) {
    fail (error, "interface", value, "is empty; for all addresses leave it out");
    return NULL;
  }
  if (g_str_equal (value, "localhost"))
    return g_strdup ("127.0.0.1");
  if (length > 2 && value[0] == '[' && value[length - 1] == ']')
    bare = g_strndup (value + 1, length - 2);
  else
    bare = g_strdup (value);
  address = g_inet_address_new_from_string (bare);
  if (address == NULL) {
    fail (error, "interface", value, "is no address");
    return NULL;
  }
  return g_inet_address_to_string (address);
}

static char *
read_value (ValueType type, const char *key, const char *value, GError **error)
{
  guint base = type == VALUE_OCTAL ? 8 : 10;
  guint64 maximum = type == VALUE_OCTAL ? 0777 : 65535;

  if (type == VALUE_INTERFACE)
    return read_interface (value, error);
  if (*value == '\0') {
    fail (error, key, value, "is empty");
    return NULL;
  }
  if (type != VALUE_TEXT && !g_ascii_string_to_unsigned (value, base, 0, maximum, NULL, NULL)) {
    fail (error, key, value, type == VALUE_OCTAL ? "is no mode" : "is no number up to 65535");
    return NULL;
  }
  return g_strdup (value);
}

static const Part *
find_part (BelfryListenerKind kind, const char *key, int position)
{
  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++) {
    if (parts[i].kind != kind)
      continue;
    if (key != NULL ? g_str_equal (parts[i].key, key) : parts[i].position == position)
      return &parts[i];
  }
  return NULL;
}

/* A key is a word of letters before `=`; a path may hold `=` too. */
static char *
dup_key (const char *word)
{
  const char *equals = strchr (word, '=');

  for (const char *at = word; equals != NULL && at < equals; at++) {
    if (!g_ascii_isalpha (*at))
      return NULL;
  }
  return equals != NULL && equals > word ? g_strndup (word, (gsize)(equals - word)) : NULL;
}

static gboolean
read_word (BelfryStrport *self, const char *word, int *position, GError **error)
{
  g_autofree char *key = dup_key (word);
  const char *value = key != NULL ? word + strlen (key) + 1 : word;
  const Part *part = find_part (self->kind, key, key == NULL ? (*position)++ : 0);
  char **member = NULL;

  if (part == NULL)
    return fail (error, "part", word, key != NULL ? "has an unknown key" : "is one too many");
  member = G_STRUCT_MEMBER_P (self, part->offset);
  if (*member != NULL)
    return fail (error, "part", word, "says a thing twice");
  *member = read_value (part->type, part->key, value, error);
  return *member != NULL;
}

static gboolean
is_complete (const BelfryStrport *self, GError **error)
{
  gboolean is_net = self->kind == BELFRY_LISTENER_TCP || self->kind == BELFRY_LISTENER_SSL;

  if (is_net && self->port == NULL)
    return fail (error, "part", "port", "is missing");
  if (self->kind == BELFRY_LISTENER_UNIX && self->path == NULL)
    return fail (error, "part", "address", "is missing");
  if (self->kind == BELFRY_LISTENER_SSL && self->cert_key == NULL && self->private_key == NULL)
    return fail (error, "part", "certKey", "is missing");
  if (self->kind == BELFRY_LISTENER_SYSTEMD && self->index == NULL && self->name == NULL)
    return fail (error, "part", "index", "is missing, and name as well");
  return TRUE;
}

static gboolean
read_kind (BelfryStrport *self, const char *word, GError **error)
{
  const char *nearest = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++) {
    if (g_str_equal (kinds[i].word, word)) {
      self->kind = kinds[i].kind;
      self->is_ipv6 = kinds[i].is_ipv6;
      return TRUE;
    }
  }
  nearest = belfry_text_nearest (word, kind_words);
  g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
               "kind '%s': is none of tcp, tcp6, unix, ssl, systemd%s%s%s", word,
               nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
               nearest != NULL ? "'" : "");
  return FALSE;
}

/**
 * belfry_strport_parse:
 * @text: a description such as `tcp:8010:interface=127.0.0.1`, or a port alone
 * @error: return location: %BELFRY_ERROR_CONFIG, naming the part that is wrong
 *
 * Returns: (transfer full): the listener
 */
BelfryStrport *
belfry_strport_parse (const char *text, GError **error)
{
  g_autoptr (BelfryStrport) self = g_new0 (BelfryStrport, 1);
  g_autoptr (GPtrArray) words = split (text);
  gboolean is_port = g_ascii_string_to_unsigned (text, 10, 0, G_MAXUINT64, NULL, NULL);
  int position = 0;

  self->text = g_strdup (text);
  if (!is_port && !read_kind (self, words->pdata[0], error)) {
    g_prefix_error (error, "listener '%s': ", text);
    return NULL;
  }
  for (guint i = is_port ? 0 : 1; i < words->len; i++) {
    if (!read_word (self, words->pdata[i], &position, error)) {
      g_prefix_error (error, "listener '%s': ", text);
      return NULL;
    }
  }
  if (!is_complete (self, error)) {
    g_prefix_error (error, "listener '%s': ", text);
    return NULL;
  }
  return g_steal_pointer (&self);
}

gboolean
belfry_strport_is_public (const BelfryStrport *self)
{
  g_autoptr (GInetAddress) address = NULL;

  if (self->kind == BELFRY_LISTENER_UNIX || self->kind == BELFRY_LISTENER_SYSTEMD)
    return FALSE;
  if (self->interface == NULL)
    return TRUE;
  address = g_inet_address_new_from_string (self->interface);
  return address == NULL || !g_inet_address_get_is_loopback (address);
}

char *
belfry_strport_dup_address (const BelfryStrport *self)
{
  switch (self->kind) {
  case BELFRY_LISTENER_TCP:
  case BELFRY_LISTENER_SSL:
    if (belfry_strport_get_number (self->port, 0) == 0)
      return NULL;
    return g_strdup_printf ("%s %u", self->interface != NULL ? self->interface : "all addresses",
                            belfry_strport_get_number (self->port, 0));
  case BELFRY_LISTENER_UNIX:
    return g_strdup (self->path);
  case BELFRY_LISTENER_SYSTEMD:
    return g_strdup_printf ("%s %s", self->name != NULL ? self->name : "index",
                            self->index != NULL ? self->index : "");
  }
  g_return_val_if_reached (NULL);
}
