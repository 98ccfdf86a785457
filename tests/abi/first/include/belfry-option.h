/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* As it was in the first release of ABI 1; never changed, see ../../README.md. */
#pragma once

#include "belfry-secret.h"
#include "belfry-template.h"
#include "belfry-text.h"

G_BEGIN_DECLS

typedef struct {
  char *name;
  char *value;
  char *file;
  guint line;
} BelfryEntry;

typedef struct {
  char *kind;
  char *name;
  char *file;
  guint line;
  GPtrArray *entries;
} BelfrySection;

BELFRY_API BelfrySection *
belfry_section_new (const char *kind, const char *name, const char *file, guint line);
BELFRY_API BelfrySection *belfry_section_copy (const BelfrySection *self);
BELFRY_API void belfry_section_free (BelfrySection *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfrySection, belfry_section_free)
BELFRY_API void belfry_section_set (
    BelfrySection *self, const char *name, const char *value, const char *file, guint line);
BELFRY_API void belfry_section_remove (BelfrySection *self, const char *name);
BELFRY_API const BelfryEntry *belfry_section_find (const BelfrySection *self, const char *name);
BELFRY_API char *belfry_entry_dup_text (const BelfryEntry *self) G_GNUC_WARN_UNUSED_RESULT;

typedef enum {
  BELFRY_SEVERITY_ERROR,
  BELFRY_SEVERITY_FAILURE,
  BELFRY_SEVERITY_WARNING,
  BELFRY_SEVERITY_NOTE,
} BelfrySeverity;

typedef struct {
  BelfrySeverity severity;
  char *file;
  guint line;
  char *section;
  char *key;
  char *message;
} BelfryProblem;

typedef struct _BelfryProblems BelfryProblems;

BELFRY_API BelfryProblems *belfry_problems_new (void);
BELFRY_API void belfry_problems_free (BelfryProblems *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryProblems, belfry_problems_free)
BELFRY_API void belfry_problems_add (BelfryProblems *self,
                                     BelfrySeverity severity,
                                     const BelfrySection *section,
                                     const char *key,
                                     const char *format,
                                     ...) G_GNUC_PRINTF (5, 6);
BELFRY_API void belfry_problems_add_at (BelfryProblems *self,
                                        BelfrySeverity severity,
                                        const char *file,
                                        guint line,
                                        const char *message);
BELFRY_API guint belfry_problems_get_count (BelfryProblems *self, BelfrySeverity severity);
BELFRY_API guint belfry_problems_get_length (BelfryProblems *self);
BELFRY_API const BelfryProblem *belfry_problems_get (BelfryProblems *self, guint index);
BELFRY_API char *belfry_problem_to_text (const BelfryProblem *problem) G_GNUC_WARN_UNUSED_RESULT;

typedef enum {
  BELFRY_OPTION_BOOLEAN,
  BELFRY_OPTION_INTEGER,
  BELFRY_OPTION_DOUBLE,
  BELFRY_OPTION_DURATION,
  BELFRY_OPTION_SIZE,
  BELFRY_OPTION_STRING,
  BELFRY_OPTION_ENUM,
  BELFRY_OPTION_FLAGS,
  BELFRY_OPTION_LIST,
  BELFRY_OPTION_MAP,
  BELFRY_OPTION_SECRET,
  BELFRY_OPTION_TEMPLATE,
  BELFRY_OPTION_PATH,
  BELFRY_OPTION_URL,
  BELFRY_OPTION_REGEX,
  BELFRY_OPTION_REGEX_LIST,
  BELFRY_OPTION_RENDERED,
  BELFRY_OPTION_EXPRESSION,
  BELFRY_OPTION_ARGV,
  BELFRY_OPTION_REFERENCE,
  BELFRY_OPTION_REFERENCES,
  BELFRY_OPTION_ADDRESSES,
  BELFRY_OPTION_TIME_ZONE,
  BELFRY_OPTION_JSON,
  BELFRY_OPTION_CUSTOM,
} BelfryOptionType;

typedef enum {
  BELFRY_OPTION_RELOAD = 0,
  BELFRY_OPTION_RESTART = 1 << 0,
} BelfryOptionFlags;

typedef struct {
  const char *name;
  int value;
  const char *help;
} BelfryChoice;

typedef struct {
  const char *type_name;
  gpointer (*parse) (const char *text, GError **error);
  void (*free) (gpointer value);
} BelfryCustomType;

typedef struct _BelfryMap BelfryMap;

BELFRY_API guint belfry_map_get_count (const BelfryMap *self);
BELFRY_API const char *belfry_map_get_name (const BelfryMap *self, guint index);
BELFRY_API gconstpointer belfry_map_get_value (const BelfryMap *self, guint index);
BELFRY_API gconstpointer belfry_map_lookup (const BelfryMap *self, const char *name);

typedef struct _BelfryOption BelfryOption;
struct _BelfryOption {
  const char *name;
  BelfryOptionType type;
  gsize offset;
  const char *help;
  const char *default_text;
  gint64 minimum;
  gint64 maximum;
  const BelfryChoice *choices;
  const char *unit;
  const char *since;
  guint flags;
  gboolean required;
  gboolean allow_empty;
  BelfryOptionType element;
  const char *reference;
  const char *when;
  const char *sample;
  const char *alias;
  const char *deprecated;
  gboolean hidden;
  BelfryTemplateFlags template_flags;
  const BelfryCustomType *custom;
  gpointer reserved[4];
};

#define BELFRY_CHECK_MEMBER(Struct, member, CType)                                                 \
  (0 *                                                                                             \
   sizeof (                                                                                        \
       char[__builtin_types_compatible_p (__typeof__ (((Struct *)NULL)->member), CType) ? 1        \
                                                                                        : -1]))

#define BELFRY_ROW(Struct, member, CType, TYPE, key, ...)                                          \
  {                                                                                                \
    .name = key, .type = BELFRY_OPTION_##TYPE,                                                     \
    .offset = G_STRUCT_OFFSET (Struct, member) + BELFRY_CHECK_MEMBER (Struct, member, CType),      \
    ##__VA_ARGS__                                                                                  \
  }
#define BELFRY_BOOLEAN(S, m, key, ...)  BELFRY_ROW (S, m, gboolean, BOOLEAN, key, ##__VA_ARGS__)
#define BELFRY_INTEGER(S, m, key, ...)  BELFRY_ROW (S, m, gint64, INTEGER, key, ##__VA_ARGS__)
#define BELFRY_DOUBLE(S, m, key, ...)   BELFRY_ROW (S, m, double, DOUBLE, key, ##__VA_ARGS__)
#define BELFRY_DURATION(S, m, key, ...) BELFRY_ROW (S, m, gint64, DURATION, key, ##__VA_ARGS__)
#define BELFRY_SIZE(S, m, key, ...)     BELFRY_ROW (S, m, gint64, SIZE, key, ##__VA_ARGS__)
#define BELFRY_STRING(S, m, key, ...)   BELFRY_ROW (S, m, char *, STRING, key, ##__VA_ARGS__)
#define BELFRY_ENUM(S, m, key, ...)     BELFRY_ROW (S, m, int, ENUM, key, ##__VA_ARGS__)
#define BELFRY_FLAGS(S, m, key, ...)    BELFRY_ROW (S, m, guint, FLAGS, key, ##__VA_ARGS__)
#define BELFRY_LIST(S, m, key, ...)     BELFRY_ROW (S, m, char **, LIST, key, ##__VA_ARGS__)
#define BELFRY_MAP(S, m, key, ...)      BELFRY_ROW (S, m, BelfryMap *, MAP, key, ##__VA_ARGS__)
#define BELFRY_SECRET(S, m, key, ...)                                                              \
  BELFRY_ROW (S, m, BelfrySecret *, SECRET, key, ##__VA_ARGS__)
#define BELFRY_TEMPLATE(S, m, key, ...)                                                            \
  BELFRY_ROW (S, m, BelfryTemplate *, TEMPLATE, key, ##__VA_ARGS__)
#define BELFRY_PATH(S, m, key, ...)  BELFRY_ROW (S, m, char *, PATH, key, ##__VA_ARGS__)
#define BELFRY_URL(S, m, key, ...)   BELFRY_ROW (S, m, char *, URL, key, ##__VA_ARGS__)
#define BELFRY_REGEX(S, m, key, ...) BELFRY_ROW (S, m, GRegex *, REGEX, key, ##__VA_ARGS__)
#define BELFRY_REGEX_LIST(S, m, key, ...)                                                          \
  BELFRY_ROW (S, m, GPtrArray *, REGEX_LIST, key, ##__VA_ARGS__)
#define BELFRY_RENDERED(S, m, key, ...)                                                            \
  BELFRY_ROW (S, m, BelfryRendered *, RENDERED, key, ##__VA_ARGS__)
#define BELFRY_EXPRESSION(S, m, key, ...)                                                          \
  BELFRY_ROW (S, m, BelfryExpression *, EXPRESSION, key, ##__VA_ARGS__)
#define BELFRY_ARGV(S, m, key, ...)       BELFRY_ROW (S, m, GPtrArray *, ARGV, key, ##__VA_ARGS__)
#define BELFRY_REFERENCE(S, m, key, ...)  BELFRY_ROW (S, m, char *, REFERENCE, key, ##__VA_ARGS__)
#define BELFRY_REFERENCES(S, m, key, ...) BELFRY_ROW (S, m, char **, REFERENCES, key, ##__VA_ARGS__)
#define BELFRY_ADDRESSES(S, m, key, ...)                                                           \
  BELFRY_ROW (S, m, BelfryAddresses *, ADDRESSES, key, ##__VA_ARGS__)
#define BELFRY_TIME_ZONE(S, m, key, ...)                                                           \
  BELFRY_ROW (S, m, GTimeZone *, TIME_ZONE, key, ##__VA_ARGS__)
#define BELFRY_JSON(S, m, key, ...)   BELFRY_ROW (S, m, JsonNode *, JSON, key, ##__VA_ARGS__)
#define BELFRY_CUSTOM(S, m, key, ...) BELFRY_ROW (S, m, gpointer, CUSTOM, key, ##__VA_ARGS__)

typedef struct {
  const BelfryOption *rows;
  gsize row_size;
} BelfryOptionTable;

BELFRY_API const BelfryOption *belfry_option_table_next (const BelfryOptionTable *self,
                                                         const BelfryOption *previous);
BELFRY_API const BelfryOption *belfry_option_table_find (const BelfryOptionTable *self,
                                                         const char *key);
BELFRY_API const char *belfry_option_get_type_name (const BelfryOption *option);
BELFRY_API char *belfry_option_dup_range (const BelfryOption *option) G_GNUC_WARN_UNUSED_RESULT;
BELFRY_API void belfry_option_table_read (const BelfryOptionTable *self,
                                          const BelfrySection *section,
                                          gpointer state,
                                          GHashTable *consumed,
                                          BelfryProblems *problems);
BELFRY_API void belfry_option_table_clear (const BelfryOptionTable *self, gpointer state);
BELFRY_API void belfry_option_table_report_unknown (const BelfryOptionTable *const *tables,
                                                    guint n_tables,
                                                    const BelfrySection *section,
                                                    GHashTable *consumed,
                                                    BelfryProblems *problems);
BELFRY_API gboolean belfry_option_is_set (const BelfryOption *option, gconstpointer state);
BELFRY_API void belfry_option_table_visit_secrets (const BelfryOptionTable *self,
                                                   gpointer state,
                                                   GFunc visit,
                                                   gpointer user_data);

BELFRY_API JsonObject *belfry_explanation_new (const char *format, ...) G_GNUC_PRINTF (1, 2);
BELFRY_API void belfry_explanation_add_rule (JsonObject *self,
                                             gboolean held,
                                             const BelfrySection *section,
                                             const char *key,
                                             const char *format,
                                             ...) G_GNUC_PRINTF (5, 6);
BELFRY_API void belfry_explanation_add_part (JsonObject *self, JsonObject *part);

G_END_DECLS
