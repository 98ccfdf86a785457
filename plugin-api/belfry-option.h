/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Options: a row of a table is the only place where an option exists. The keyfile reader, `belfry
 * check`, `belfry inspect` and the man pages all read it; parsed values land in members of the
 * instance's state.
 *
 * A row is written by its type's macro, which takes type and offset from the member and refuses,
 * when it is compiled, a member of another C type.
 */
#pragma once

#include "belfry-secret.h"
#include "belfry-template.h"
#include "belfry-text.h"

G_BEGIN_DECLS

/* sections of the configuration, as read: text with its origin */

/**
 * BelfryEntry: one key of a section
 * @name: the key, lower case with dashes
 * @value: text after `=`, escapes still in it
 * @file: where it stands
 * @line: from 1
 */
typedef struct {
  char *name;
  char *value;
  char *file;
  guint line;
} BelfryEntry;

/**
 * BelfrySection: one section, drop-ins merged, keys in the order of their first appearance
 * @line: from 1
 * @entries: (element-type BelfryEntry): its keys
 */
typedef struct {
  char *kind; /* "hook" */
  char *name; /* "github"; "" for a section without a name */
  char *file; /* of its first appearance */
  guint line;
  GPtrArray *entries; /* (element-type BelfryEntry) */
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

/* what is wrong with a configuration */

/**
 * BelfrySeverity: how bad a finding is
 * @BELFRY_SEVERITY_ERROR: nothing starts
 * @BELFRY_SEVERITY_FAILURE: one instance fails, the host runs
 * @BELFRY_SEVERITY_WARNING: it works, but somebody should know
 * @BELFRY_SEVERITY_NOTE: shown by `belfry check` only
 */
typedef enum {
  BELFRY_SEVERITY_ERROR,
  BELFRY_SEVERITY_FAILURE,
  BELFRY_SEVERITY_WARNING,
  BELFRY_SEVERITY_NOTE,
} BelfrySeverity;

/**
 * BelfryProblem: one finding
 * @severity: how bad it is
 * @file: (nullable): where
 * @line: from 1; 0: none
 * @message: what is wrong, and what to do
 * @key: (nullable): of the option
 */
typedef struct {
  BelfrySeverity severity;
  char *file; /* (nullable) */
  guint line;
  char *section; /* "hook github" (nullable) */
  char *key;     /* (nullable) */
  char *message;
} BelfryProblem;

/**
 * BelfryProblems: findings in the order of their discovery
 */
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

/* rows */

/**
 * BelfryOptionType: the member's C type stands behind each
 */
typedef enum {
  BELFRY_OPTION_BOOLEAN,    /* gboolean */
  BELFRY_OPTION_INTEGER,    /* gint64 */
  BELFRY_OPTION_DOUBLE,     /* double */
  BELFRY_OPTION_DURATION,   /* gint64 µs */
  BELFRY_OPTION_SIZE,       /* gint64 bytes */
  BELFRY_OPTION_STRING,     /* char * */
  BELFRY_OPTION_ENUM,       /* int, of .choices */
  BELFRY_OPTION_FLAGS,      /* guint, of .choices */
  BELFRY_OPTION_LIST,       /* char ** (NULL: absent) */
  BELFRY_OPTION_MAP,        /* BelfryMap *, entries KEY.NAME=VALUE, values of .element */
  BELFRY_OPTION_SECRET,     /* BelfrySecret * */
  BELFRY_OPTION_TEMPLATE,   /* BelfryTemplate * */
  BELFRY_OPTION_PATH,       /* char *, absolute after reading */
  BELFRY_OPTION_URL,        /* char *, http or https, no final slash */
  BELFRY_OPTION_REGEX,      /* GRegex * */
  BELFRY_OPTION_REGEX_LIST, /* GPtrArray * of GRegex */
  BELFRY_OPTION_RENDERED,   /* BelfryRendered * */
  BELFRY_OPTION_EXPRESSION, /* BelfryExpression * */
  BELFRY_OPTION_ARGV,       /* GPtrArray * of BelfryRendered, one a word */
  BELFRY_OPTION_REFERENCE,  /* char *, name of an instance or section of kind .reference */
  BELFRY_OPTION_REFERENCES, /* char **, names or globs of kind .reference */
  BELFRY_OPTION_ADDRESSES,  /* BelfryAddresses * */
  BELFRY_OPTION_TIME_ZONE,  /* GTimeZone * */
  BELFRY_OPTION_JSON,       /* JsonNode *: JSON, or else text */
  BELFRY_OPTION_CUSTOM,     /* gpointer, by .custom */
} BelfryOptionType;

/**
 * BelfryOptionFlags: when an option takes effect
 * @BELFRY_OPTION_RELOAD: a reload that changes it restarts the instance (the default)
 * @BELFRY_OPTION_RESTART: takes effect at the next start of the host
 */
typedef enum {
  BELFRY_OPTION_RELOAD = 0,
  BELFRY_OPTION_RESTART = 1 << 0,
} BelfryOptionFlags;

/**
 * BelfryChoice: one value of an enum or flags option; tables end in a row without name
 * @name: as in the keyfile
 * @value: what it means in C
 * @help: one clause, marked N_ ()
 */
typedef struct {
  const char *name;
  int value;
  const char *help;
} BelfryChoice;

/**
 * BelfryCustomType: a plugin's own option type
 * @parse: text to value; (transfer full)
 * @free: frees a value
 * @type_name: what `belfry inspect` calls it
 */
typedef struct {
  const char *type_name;
  gpointer (*parse) (const char *text, GError **error);
  void (*free) (gpointer value);
} BelfryCustomType;

/**
 * BelfryMap: names in the order written, values as the element's type (see belfry_map_lookup ())
 */
typedef struct _BelfryMap BelfryMap;

BELFRY_API guint belfry_map_get_count (const BelfryMap *self);
BELFRY_API const char *belfry_map_get_name (const BelfryMap *self, guint index);
BELFRY_API gconstpointer belfry_map_get_value (const BelfryMap *self, guint index);
BELFRY_API gconstpointer belfry_map_lookup (const BelfryMap *self, const char *name);

/**
 * BelfryOption: one row
 * @name: the key: lower case, dashes
 * @type: what it holds
 * @offset: of its member
 * @maximum: end of the range, itself included
 * @choices: (nullable): of an enum or flags
 * @flags: #BelfryOptionFlags
 * @required: whether a section without it is an error
 * @template_flags: how a template escapes
 * @custom: (nullable): of a custom type
 */
typedef struct _BelfryOption BelfryOption;
struct _BelfryOption {
  const char *name;
  BelfryOptionType type;
  gsize offset;
  const char *help;         /* one clause, no full stop, marked N_ () */
  const char *default_text; /* in keyfile spelling; NULL: absent */
  gint64 minimum;           /* range, where minimum < maximum (of list: items) */
  gint64 maximum;
  const BelfryChoice *choices;
  const char *unit;  /* shown: "s", "bytes" */
  const char *since; /* NULL: 0.1 */
  guint flags;
  gboolean required;
  gboolean allow_empty;     /* of a string: an empty value is a value; else it means the default */
  BelfryOptionType element; /* of a map: STRING (char *), INTEGER (gint64 *), RENDERED, SECRET,
                               JSON, ENUM (int *), EXPRESSION */
  const char *reference;    /* kind that a reference names */
  const char *when;         /* "kind=git": key of a variant, else an error */
  const char *sample;       /* a valid value, for checks without a configuration; of a secret: how
                               one begins */
  const char *alias;        /* accepted older spelling */
  const char *deprecated;   /* new name of a renamed option */
  gboolean hidden;          /* not shown by inspect unless asked */
  BelfryTemplateFlags template_flags;
  const BelfryCustomType *custom;
  gpointer reserved[4];
};

/**
 * BELFRY_CHECK_MEMBER: 0, or a compile error where the member's C type is another
 * @Struct: the struct that holds it
 * @member: its member
 * @CType: the type that it must have
 */
#define BELFRY_CHECK_MEMBER(Struct, member, CType)                                                 \
  (0 *                                                                                             \
   sizeof (                                                                                        \
       char[__builtin_types_compatible_p (__typeof__ (((Struct *)NULL)->member), CType) ? 1        \
                                                                                        : -1]))
/**
 * BELFRY_ROW: what the macro of each type is made of
 * @Struct: the struct that holds the value
 * @member: its member
 * @CType: the type that the member must have
 * @TYPE: the option's type
 * @key: its name in a keyfile
 * @...: further members of #BelfryOption
 */
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

/**
 * BelfryOptionTable: rows and the size of one, so that older plugins' shorter rows are walked
 * rightly
 * @row_size: of one row, as its plugin was built
 */
typedef struct {
  const BelfryOption *rows; /* ends in a row without name; NULL: no options */
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

/* why something came out as it did */
BELFRY_API JsonObject *belfry_explanation_new (const char *format, ...) G_GNUC_PRINTF (1, 2);
BELFRY_API void belfry_explanation_add_rule (JsonObject *self,
                                             gboolean held,
                                             const BelfrySection *section,
                                             const char *key,
                                             const char *format,
                                             ...) G_GNUC_PRINTF (5, 6);
BELFRY_API void belfry_explanation_add_part (JsonObject *self, JsonObject *part);

G_END_DECLS
