/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys of [www] and [authz], and those that the host owns in every [view] section. */
#pragma once

#include "belfry-plugin.h"

/** BelfryTheme: which colours pages have where the visitor did not choose */
typedef enum {
  BELFRY_THEME_AUTO,
  BELFRY_THEME_LIGHT,
  BELFRY_THEME_DARK,
} BelfryTheme;

/** BelfryMetricsDoor: who gets /metrics */
typedef enum {
  BELFRY_METRICS_NONE,
  BELFRY_METRICS_TOKEN,
  BELFRY_METRICS_LISTENER,
} BelfryMetricsDoor;

/** BelfryWwwKeys: [www] */
typedef struct {
  char **listen;
  char *distrib_port;
  gboolean is_public;
  char *title;     /* also in [host] */
  char *title_url; /* also in [host] */
  char *url;       /* also in [host] */
  char *public_html;
  char **template_dirs;
  char **change_hook_auth;
  char **trusted_proxies; /* addresses, networks, `unix` */
  char **allowed_origins;
  char **allowed_hosts;
  char *default_page;
  gint64 cookie_expiration;
  gint64 max_body;
  gint64 max_connections;
  gint64 max_streams;
  gint64 request_timeout;
  gint64 numbuilds;
  gboolean revlink_builtin;
  char *log_file;
  gint64 rotate_length;
  gint64 max_rotated_files;
  gboolean log_quote_address;
  int theme;                   /* BelfryTheme */
  int metrics;                 /* BelfryMetricsDoor */
  BelfrySecret *metrics_token; /* (nullable) */
  char *metrics_listen;        /* (nullable) */
} BelfryWwwKeys;

/** BelfryViewKeys: every [view] */
typedef struct {
  char *path;
  char **tags;
  char **builders;
  gint64 numbuilds;
} BelfryViewKeys;

extern const BelfryOptionTable belfry_www_keys_table;
extern const BelfryOptionTable belfry_view_keys_table;
/* Listeners that parse, addresses that strangers reach, links that leave the site. @section: [www].
 */
void belfry_www_keys_check (const BelfryWwwKeys *keys,
                            const BelfrySection *section,
                            BelfryProblems *problems);
/* [authz]: every key an action, every value terms; findings name the nearest. */
void belfry_authz_check (const BelfrySection *section, gboolean has_auth, BelfryProblems *problems);
