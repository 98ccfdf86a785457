/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The builders by name, as the main loop knows them: strangers' names are looked up here, never
 * made. */
#pragma once

#include "www/authz.h"
#include "www/www-keys.h"
#include "www/www.h"

typedef struct _BelfryFleet BelfryFleet;

BelfryFleet *belfry_fleet_new (BelfryStore *store, BelfryBus *bus);
void belfry_fleet_free (BelfryFleet *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryFleet, belfry_fleet_free)
/* Reads it again; told by events as well. */
void belfry_fleet_refresh (BelfryFleet *self);
/* BELFRY_NONE: no such builder */
gint64 belfry_fleet_find (BelfryFleet *self, const char *name);
/* (nullable): no such builder, or not known yet */
const char *belfry_fleet_get_engine (BelfryFleet *self, gint64 builderid);
/* Names a visitor of this view sees; (transfer full) (nullable): all. @keys: (nullable) */
GHashTable *
belfry_fleet_dup_visible (BelfryFleet *self, BelfryAuthz *authz, const BelfryViewKeys *keys);
gboolean belfry_fleet_is_visible (BelfryFleet *self, BelfryAuthz *authz, gint64 builderid);
