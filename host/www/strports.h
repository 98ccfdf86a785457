/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a listener is: a strports description, parsed. */
#pragma once

#include "belfry-plugin.h"

typedef enum {
  BELFRY_LISTENER_TCP,
  BELFRY_LISTENER_UNIX,
  BELFRY_LISTENER_SSL,
  BELFRY_LISTENER_SYSTEMD,
} BelfryListenerKind;

typedef struct {
  BelfryListenerKind kind;
  gboolean is_ipv6;
  char *text;      /* as written */
  char *port;      /* (nullable) digits, checked */
  char *interface; /* (nullable): all; an address */
  char *backlog;   /* (nullable) digits, checked */
  char *path;      /* of a Unix socket */
  char *mode;      /* (nullable) octal digits, checked */
  char *group;     /* (nullable) */
  char *private_key;
  char *cert_key;
  char *extra_chain;
  char *domain; /* of a socket handed over */
  char *index;  /* (nullable) digits, checked */
  char *name;   /* (nullable) */
} BelfryStrport;

BelfryStrport *belfry_strport_parse (const char *text, GError **error);
void belfry_strport_free (BelfryStrport *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryStrport, belfry_strport_free)
/* (transfer full): the description of a Unix socket at @path */
char *belfry_strport_dup_unix (const char *path);
/* (transfer full): what `distrib-port` says as a description: what begins with `/`, `~` or `.` is
 * the path of a socket */
char *belfry_strport_dup_door (const char *text);
guint belfry_strport_get_number (const char *digits, guint fallback);
/* Neither loopback nor a Unix socket; what systemd hands over is its unit's business. */
gboolean belfry_strport_is_public (const BelfryStrport *self);
/* Two listeners of one address cannot be; (nullable): cannot be told. */
char *belfry_strport_dup_address (const BelfryStrport *self);
