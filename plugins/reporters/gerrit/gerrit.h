/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The reporter `gerrit`: which reviews a report becomes, what they say, and the words of the
 * commands that bring them there. All of it is pure but gerrit_deliver ().
 */
#pragma once

#include <forge-status.h>

typedef enum {
  GERRIT_HOW_AUTO, /* of a summary: the default, unless builds are reviewed one by one */
  GERRIT_HOW_NONE,
  GERRIT_HOW_DEFAULT,
  GERRIT_HOW_TEMPLATE,
  GERRIT_HOW_PROGRAM,
} GerritHow;

/* what Buildbot calls a callback: how a review at one moment is made */
typedef struct {
  int how;                  /* GerritHow */
  BelfryTemplate *template; /* (nullable) of the message */
  BelfryMap *labels;        /* (nullable) label to template */
  GPtrArray *program;       /* (nullable) */
  JsonNode *arg;            /* (nullable) */
} GerritCallback;

typedef struct {
  BelfryInstance *instance; /* (nullable) from start on */
  char *server;
  char *username;
  gint64 port;
  char *identity_file; /* (nullable) */
  char *known_hosts;   /* (nullable) */
  int notify;          /* index of gerrit_notify_names; 0: not given */
  gboolean check_patch_set;
  GerritCallback start;
  GerritCallback review;
  GerritCallback summary;
} Gerrit;

extern const char *const gerrit_notify_names[];

GerritHow gerrit_get_how (const Gerrit *self, const GerritCallback *callback);
void gerrit_log (const Gerrit *self, GLogLevelFlags level, const char *format, ...)
    G_GNUC_PRINTF (3, 4);

/* changes */

/* `PROJECT`, `REVISION`, in turn: what the properties of a build say. (transfer full)
 * (element-type utf8) */
GPtrArray *gerrit_list_changes (const Gerrit *self, const BelfryForgeBuild *build);
/* Whether a word may stand in a command without quotes. */
gboolean gerrit_is_plain (const char *text);

/* texts */

/* What templates and programs see. (transfer full) (nullable): nothing is to be said */
JsonObject *gerrit_make_variables (const Gerrit *self,
                                   const GerritCallback *callback,
                                   const BelfryReport *report);
/* A stock text and its labels; NULL message: nothing is to be said. (transfer full) */
char *gerrit_make_default (const Gerrit *self,
                           const GerritCallback *callback,
                           JsonObject *variables,
                           JsonObject *labels);
char *gerrit_render (const GerritCallback *callback,
                     JsonObject *variables,
                     JsonObject *labels,
                     GError **error);
/* What a program printed. @message: (out): NULL: nothing is to be said; @is_old: (out): in the
 * form of Buildbot 0.8 */
gboolean gerrit_read_output (
    JsonNode *output, char **message, JsonObject *labels, gboolean *is_old, GError **error);

gboolean gerrit_plan (gconstpointer self,
                      const BelfryReport *report,
                      BelfryTargets *targets,
                      GError **error);

/* commands */

/* `gerrit version X.Y…` NULL with @error: something else. (transfer full) */
char *gerrit_read_version (const char *output, GError **error);
/* -1, 0 or 1, by numbers. */
int gerrit_compare_versions (const char *a, const char *b);
/* ssh with its options and the host. (transfer full) (element-type utf8) */
GPtrArray *gerrit_start_words (const Gerrit *self);
/* Adds the words of a review. */
void
gerrit_add_review (const Gerrit *self, GPtrArray *words, JsonObject *review, const char *version);
/* Whether a query tells of the change, but of another patch set as its current one. */
gboolean gerrit_is_outdated (const char *output, const char *revision);

void gerrit_deliver (gpointer self, const BelfryItem *item, GTask *task);
