/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Answers to strangers who were refused, and not before their time: so many a second go out at
 * once, the rest wait a second each. Who floods waits for his answers; nobody else does. Main loop.
 */
#pragma once

#include "belfry-plugin.h"

typedef struct _BelfryTarpit BelfryTarpit;

BelfryTarpit *belfry_tarpit_new (void);
/* Answers all that still wait. */
void belfry_tarpit_free (BelfryTarpit *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryTarpit, belfry_tarpit_free)
/* Takes both. @bytes: of the request's body, which is held as long as its answer waits */
void belfry_tarpit_answer (BelfryTarpit *self, GTask *task, BelfryResponse *response, gsize bytes);
guint belfry_tarpit_get_length (BelfryTarpit *self);
