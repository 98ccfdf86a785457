/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Waits that services asked for: one bucket for each credential and host, shared by all instances
 * that use it, whatever their kind. Main loop.
 */
#pragma once

#include "daemon/hosted.h"
#include "store/store.h"

typedef struct _BelfryBuckets BelfryBuckets;
/* What a service asked for. */
typedef void (*BelfryWaitFunc) (const char *host, gint64 wait_us, gpointer data);

BelfryBuckets *belfry_buckets_new (BelfryStore *store);
BelfryBuckets *belfry_buckets_ref (BelfryBuckets *self);
void belfry_buckets_unref (BelfryBuckets *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryBuckets, belfry_buckets_unref)
/* The store goes; who still holds it may go on asking. */
void belfry_buckets_close (BelfryBuckets *self);
/* One asked for a wait that is longer than any it gets. */
void belfry_buckets_set_long_wait_func (BelfryBuckets *self, BelfryWaitFunc func, gpointer data);
/* A service asked for a wait, however long; the wait as it will be. */
void belfry_buckets_set_wait_func (BelfryBuckets *self, BelfryWaitFunc func, gpointer data);
/* What an earlier run stored (key → JsonNode), and what names of credentials are made with. Before
 * that nothing waits. */
void belfry_buckets_restore (BelfryBuckets *self, GHashTable *stored);
/* The name under which the credential of a running instance goes: a digest of its secrets; without
 * any, the instance's own. NULL: before belfry_buckets_restore (). Kept in @hosted. */
const char *belfry_buckets_name_credential (BelfryBuckets *self, BelfryHosted *hosted);

/* See belfry_instance_keep_pace (). */
gint64 belfry_buckets_keep_pace (BelfryBuckets *self,
                                 BelfryHosted *hosted,
                                 const BelfryPace *paces,
                                 guint count);
/* 0: nothing has to wait; else until when */
gint64 belfry_buckets_get_until (BelfryBuckets *self, const char *credential, const char *host);
/* Asks to wait; @wait_us: 0: the service gave no number. What waits longer already, goes on. */
void
belfry_buckets_hold (BelfryBuckets *self, const char *credential, const char *host, gint64 wait_us);
/* What an answer says about the bucket. TRUE: its request has to come again later. */
gboolean belfry_buckets_saw (BelfryBuckets *self,
                             const char *credential,
                             const char *host,
                             BelfryHttpAnswer *answer);
/* Until when an instance has to wait for one of the hosts that it has talked to; 0: for none */
gint64 belfry_buckets_get_hold (BelfryBuckets *self, BelfryHosted *hosted);

/* How long an answer asks to wait: `Retry-After` in all its forms, or the end of a window of
 * requests that is used up; 0: it names no time. */
gint64 belfry_answer_get_wait (BelfryHttpAnswer *answer);
/* 429, or a 403 that speaks of a limit */
gboolean belfry_answer_is_limited (BelfryHttpAnswer *answer);
/* What an answer comes to: as the reporter said (taken; NULL: as such answers are taken), but a
 * limit is a limit. */
BelfryOutcome *belfry_answer_judge (BelfryHttpAnswer *answer, BelfryOutcome *said);
