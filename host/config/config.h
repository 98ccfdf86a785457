/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The configuration: files to sections (keyfile.c), sections to blueprints of instances (config.c).
 * It knows option tables only; what an option means is its room's or plugin's business.
 */
#pragma once

#include "belfry-plugin.h"
#include "config/links.h"
#include "loader/loader.h"

/* of the daemon that the system runs, where nothing else is said */
#define BELFRY_SYSTEM_RUNTIME_DIRECTORY "/run/belfry"

/** BelfryHostKeys: [host] */
typedef struct {
  char *state_directory;
  char *runtime_directory;
  char **plugin_directories;
  char *title;
  char *title_url;
  char *url; /* ends in a slash; NULL: none can be told */
  char *time_zone_name;
  GTimeZone *time_zone;
  char *locale;
  char **alert;
  gint64 late_reports;
  int log_level;
  gboolean strict_permissions;
} BelfryHostKeys;

/** BelfryStoreKeys: [store] */
typedef struct {
  gint64 keep_builds;
  gint64 keep_logs;
  gint64 keep_artifacts;
  gint64 keep_last;
  gint64 keep_deliveries;
  gint64 keep_raw_requests;
  gint64 keep_reports;
  gint64 keep_dead;
  gint64 keep_events;
  gint64 max_size;
  gint64 min_free;
} BelfryStoreKeys;

/** BelfryInstanceKeys: keys that every instance has */
typedef struct {
  char *plugin;
  gboolean enabled;
  int isolation;
  gint64 memory_max;
  int log_level;
  char *locale;
} BelfryInstanceKeys;

/** BelfryCodebase: [codebase NAME] */
typedef struct {
  char *name;
  char *repository;
  char **match;
  char *branch;
  char *revision;
  char *project;
  int vcs;
} BelfryCodebase;

/**
 * BelfryBlueprint: one section that names an instance, read into its tables
 */
typedef struct {
  BelfryKind kind;
  char *name;
  const BelfrySection *section;
  const BelfryPlugin *plugin; /* (nullable) with failure set */
  BelfryHook *described;      /* (nullable) a hook's descriptor as its options decide it */
  GError *failure;            /* (nullable) the instance cannot be; the host can */
  BelfryInstanceKeys keys;
  gpointer host_state; /* (nullable) struct of the kind's host-owned keys: BelfryHookKeys… */
  gpointer state;      /* (nullable) plugin->instance_size bytes; moves to the running instance */
  GHashTable *owned;   /* kind → GPtrArray of BelfryOwnedSection */
} BelfryBlueprint;

/* What it is an instance of, as far as its options change that. */
static inline gconstpointer
belfry_blueprint_get_plugin (const BelfryBlueprint *self)
{
  return self->described != NULL ? (gconstpointer)self->described : self->plugin;
}

typedef struct _BelfryConfig BelfryConfig;
struct _BelfryConfig {
  gatomicrefcount refs;
  char *path;
  char *directory;
  GPtrArray *sections; /* (element-type BelfrySection) */
  BelfryHostKeys host;
  BelfryStoreKeys store;
  gpointer www;          /* BelfryWwwKeys, NULL: no [www] section */
  GPtrArray *codebases;  /* (element-type BelfryCodebase) */
  BelfryLinks *links;    /* (nullable) in what was made without a file */
  GPtrArray *blueprints; /* (element-type BelfryBlueprint) in the order written */
};

/* Kinds of section that are the host's: (transfer container) (element-type utf8) */
GPtrArray *belfry_host_sections_list_kinds (void);
/* (nullable): the keys of such a section; NULL: they are names of the user's */
const BelfryOptionTable *belfry_host_sections_find_table (const char *kind);
/* What such a section is for. */
const char *belfry_host_sections_get_help (const char *kind, gboolean *is_named);

/* Finds the file as the command line, the environment and the habits of the system say. (transfer
 * full) (nullable) */
char *belfry_config_find_path (const char *from_command_line);
/* (transfer full) (nullable): where the daemon of this file listens for commands, whatever else the
 * file says or gets wrong */
char *belfry_config_find_runtime_directory (const char *path, BelfryLoader *loader);
/* Reads everything a host would read, all findings at once; NULL where there are errors of severity
 * ERROR. */
BelfryConfig *belfry_config_load (const char *path, BelfryLoader *loader, BelfryProblems *problems);
BelfryConfig *belfry_config_ref (BelfryConfig *self);
void belfry_config_unref (BelfryConfig *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryConfig, belfry_config_unref)
const BelfryBlueprint *belfry_config_find (BelfryConfig *self, BelfryKind kind, const char *name);
/* The first section of a kind, of any name; NULL: there is none. */
const BelfrySection *belfry_config_find_section (BelfryConfig *self, const char *kind);
/* (transfer full): equal for configurations that say the same, wherever they say it */
char *belfry_config_dup_digest (BelfryConfig *self);
/* Table and struct of the keys that the host owns in every section of a kind; NULL: none. */
const BelfryOptionTable *belfry_kind_get_host_table (BelfryKind kind, gsize *size);
/* Keys of every instance of any kind. */
extern const BelfryOptionTable belfry_instance_keys_table;
/* A key of the plugin's that is the host's; NULL: none, as it should be. */
const char *belfry_plugin_find_reserved (const BelfryPlugin *plugin);
/* Whether the secrets can be had, as far as it can be told without asking anybody. */
void belfry_config_look_up_secrets (BelfryConfig *self, BelfryProblems *problems);
/* Whether a running instance of a may go on under b: same section, same owned sections, same
 * plugin. */
gboolean belfry_blueprint_is_same (const BelfryBlueprint *a, const BelfryBlueprint *b);
/* (transfer full) (element-type BelfrySecret): what must be known before the instance starts; those
 * of owned sections are not, its plugin asks for them when it needs them */
GPtrArray *belfry_blueprint_list_secrets (const BelfryBlueprint *self);
gboolean belfry_blueprint_has_owned_secrets (const BelfryBlueprint *self);
/* Codebase that a change of this repository gets; NULL: none fits. */
const BelfryCodebase *belfry_config_find_codebase (BelfryConfig *self, const char *repository);
