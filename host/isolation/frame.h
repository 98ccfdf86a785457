/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What passes between the host and a plugin in a process of its own: frames over a pair of
 * SOCK_SEQPACKET sockets, one packet each. A frame is two lengths (32 bits, of the machine), a JSON
 * object and, where there is one, a body of bytes. What is over 64 KiB goes by a sealed memfd: the
 * packet then has the lengths alone. Whoever reads trusts nothing: lengths are checked against what
 * came, the file must be sealed so that it cannot change while it is read, JSON goes through the
 * reader for strangers.
 */
#pragma once

#include "belfry-plugin.h"

/* Nothing that a plugin may answer is longer: reports of 1 MiB, answers of services of 16. */
#define BELFRY_FRAME_FROM_CHILD (24 * 1024 * 1024)
/* What the host sends is its own and bounded where it came in. */
#define BELFRY_FRAME_FROM_HOST (512 * 1024 * 1024)

typedef struct {
  JsonNode *node;
  JsonObject *head; /* in node */
  GBytes *body;     /* (nullable) */
} BelfryFrame;

void belfry_frame_free (BelfryFrame *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryFrame, belfry_frame_free)
/* The next one. Errors: G_IO_ERROR_WOULD_BLOCK, G_IO_ERROR_CLOSED at the end, else MALFORMED or
 * TOO_LARGE, after which the other side is not to be heard any more. */
BelfryFrame *belfry_frame_receive (int socket, gsize max_bytes, GError **error);

/* A frame on its way out. It is wiped when it is freed: secrets pass in one. */
typedef struct _BelfryPacket BelfryPacket;

BelfryPacket *belfry_packet_new (JsonObject *head, GBytes *body, GError **error);
void belfry_packet_free (BelfryPacket *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryPacket, belfry_packet_free)
/* FALSE: G_IO_ERROR_WOULD_BLOCK, or the other side is gone. */
gboolean belfry_packet_send (BelfryPacket *self, int socket, GError **error);
