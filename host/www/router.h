/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which route a path is: a table of patterns, whoever they belong to. Immutable once filled. */
#pragma once

#include "daemon/hosted.h"

typedef struct _BelfryRoutes BelfryRoutes;

/* What stands behind a route */
typedef enum {
  BELFRY_DOOR_VIEW,
  BELFRY_DOOR_ACTION,
  BELFRY_DOOR_EVENTS,
  BELFRY_DOOR_HEALTH,
  BELFRY_DOOR_READY,
  BELFRY_DOOR_REFUSAL,
  BELFRY_DOOR_THEME,
  BELFRY_DOOR_ARTIFACTS,
  BELFRY_DOOR_METRICS,
} BelfryDoor;

typedef struct {
  BelfryDoor door;
  guint row;
  BelfryHosted *view;       /* (nullable) */
  const BelfryRoute *route; /* (nullable) */
  const char *pattern;      /* of the route, for as long as the process lives */
  const char *methods;      /* what may be done there, where the method was another */
} BelfryMatch;

BelfryRoutes *belfry_routes_new (void);
void belfry_routes_free (BelfryRoutes *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryRoutes, belfry_routes_free)
/* @is_post: POST; else GET and HEAD. FALSE: another route has this pattern. */
gboolean belfry_routes_add (BelfryRoutes *self,
                            const char *pattern,
                            gboolean is_post,
                            const BelfryMatch *match);
/* Decoded segments, at most 64; NULL: *status says why. */
GPtrArray *belfry_path_split (const char *path, guint *status);
/* 200; 404: no such path; 405: match->methods. Parameters go into @request. */
guint belfry_routes_find (BelfryRoutes *self,
                          GPtrArray *segments,
                          const char *method,
                          BelfryRequest *request,
                          BelfryMatch *match);
