/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys that the host owns in every [hook] section. */
#pragma once

#include "belfry-plugin.h"

typedef struct {
  BelfrySecret *secret;
  char **auth;
  BelfryAddresses *sources;
  gboolean unauthenticated;
  gboolean allow_sha1;
  gboolean strict;
  gint64 tolerance;
  gint64 max_body;
  gint64 dedupe_window;
  gboolean keep_raw;
} BelfryHookKeys;

extern const BelfryOptionTable belfry_hook_keys_table;
/* A copy of the descriptor as the options in @state decide it. (transfer full) */
BelfryHook *belfry_hook_describe (const BelfryHook *plugin, gpointer state);
/* A method that any page can make a browser use needs the secret, which no browser has. */
gboolean
belfry_hook_accepts_method (const BelfryHook *hook, const BelfryHookKeys *keys, const char *method);
/* Whether without the secret the method itself is refused, rather than the request. */
gboolean belfry_hook_needs_proof (const char *method);
/* Whether its body did not come as it is, so that no hook looks at it. */
gboolean belfry_hook_is_encoded (BelfryRequest *request);
/* What a request means, if its body can be taken as it came. (transfer full) (nullable): the plugin
 * gave nothing */
BelfryTranslation *
belfry_hook_translate (const BelfryHook *hook, gconstpointer state, BelfryRequest *request);
/* C-2 and what else makes a hook unsafe; findings with section and key. @www_auth: whether [www]
 * change-hook-auth is set. */
void belfry_hook_keys_check (const BelfryHookKeys *keys,
                             const BelfryHook *hook,
                             const BelfrySection *section,
                             gboolean www_auth,
                             BelfryProblems *problems);
