/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the files of this room share. A site is what one configuration means, immutable, held by
 * every request that came while it was in force. An exchange is one request with its answer; it
 * lives on the main loop, and threads get only what is immutable of it.
 */
#pragma once

#include "config/config.h"
#include "www/access-log.h"
#include "www/authz.h"
#include "www/fleet.h"
#include "www/proxies.h"
#include "www/router.h"
#include "www/strports.h"
#include "www/templates.h"
#include "www/www-keys.h"
#include "www/www.h"

#include <libsoup/soup.h>

#define BELFRY_MAX_URL_BYTES        ((gsize)8 * 1024)
#define BELFRY_MAX_HEADERS          100
#define BELFRY_MAX_UNVERIFIED_BYTES ((gsize)64 * 1024 * 1024)
#define BELFRY_SECRET_BYTES         32

typedef struct _BelfrySite BelfrySite;
typedef struct _BelfryExchange BelfryExchange;
typedef struct _BelfryListener BelfryListener;
typedef struct _BelfryConnection BelfryConnection;
typedef struct _BelfryStreams BelfryStreams;

struct _BelfrySite {
  gatomicrefcount refs;
  BelfryConfig *config;
  const BelfryWwwKeys *keys;
  BelfryAuthz *authz;
  BelfryProxies *proxies;
  BelfryRoutes *routes;
  BelfryTemplates *templates;
  GPtrArray *views; /* (element-type BelfryHosted) */
  JsonArray *nav;   /* (element-type JsonObject): title, href, first */
  const char *title;
  const char *title_url; /* (nullable) */
  const char *url;       /* (nullable) ends in a slash */
  char *host;            /* (nullable) of url */
  char *prefix;          /* path of url, `/` or `/ci/` */
  char *public_html;
  GPtrArray *data_dirs; /* (element-type utf8) where built-in files are */
  gboolean is_https;
  gboolean may_act; /* whether a visitor without a name may do anything at all */
  guint generation;
};

struct _BelfryWww {
  BelfryStore *store;
  BelfryBus *bus;
  BelfryWwwOps ops;
  SoupServer *server;
  BelfrySite *site;     /* (nullable) until applied */
  GPtrArray *listeners; /* (element-type BelfryListener) */
  GQueue exchanges;     /* of BelfryExchange */
  BelfryStreams *streams;
  BelfryAccessLog *log;
  BelfryFleet *fleet;
  guint8 secret[BELFRY_SECRET_BYTES];
  GHashTable *log_marks;  /* how far logs were measured, see logs.c */
  BelfryMetrics *metrics; /* (nullable) (not owned) */
  guint tick;
  guint generation;
};

/* site.c */
BelfrySite *
belfry_site_new (BelfryConfig *config, GPtrArray *views, guint generation, GError **error);
BelfrySite *belfry_site_ref (BelfrySite *self);
void belfry_site_unref (BelfrySite *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfrySite, belfry_site_unref)

/* (nullable) */
const BelfryViewKeys *belfry_site_get_view_keys (BelfryHosted *view);

/* spool.c: bodies over a mebibyte lie in a nameless file in @folder */
/* The next part of a body, of which @received bytes have come with it. FALSE: it cannot be kept. */
gboolean
belfry_spool_take (SoupServerMessage *msg, const char *folder, GBytes *chunk, gsize received);
/* (transfer full) (nullable): the whole body, wherever it lies; NULL: it cannot be read back */
GBytes *belfry_spool_dup_body (SoupServerMessage *msg);

/* exchange.c */
struct _BelfryExchange {
  gatomicrefcount refs;
  BelfryWww *www; /* NULL: the server is gone */
  BelfrySite *site;
  SoupServerMessage *msg;
  BelfryConnection *connection;
  BelfryRequest *request;
  GCancellable *cancellable; /* (nullable) until somebody asks for it */
  GList link;
  gulong finished_handler;
  char *range;       /* (nullable) the client's, which libsoup must not see */
  char *client;      /* (nullable) who asks, after proxies */
  char *host;        /* (nullable) under which name, after proxies */
  char *prefix;      /* path under which these pages are: that of url, or a trusted proxy's word */
  gboolean is_https; /* whether browsers came by TLS */
  gboolean is_done;  /* answered, or nobody waits any more */
};

/* (transfer full) (nullable): who asks, after trusted proxies; none: a Unix socket */
char *belfry_client_dup (BelfryWww *www, SoupServerMessage *msg);
BelfryExchange *belfry_exchange_new (BelfryWww *www, SoupServerMessage *msg);
BelfryExchange *belfry_exchange_ref (BelfryExchange *self);
void belfry_exchange_unref (BelfryExchange *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryExchange, belfry_exchange_unref)
GCancellable *belfry_exchange_get_cancellable (BelfryExchange *self);
gboolean belfry_exchange_is_live (BelfryExchange *self);
gboolean belfry_exchange_is_head (BelfryExchange *self);
const char *belfry_exchange_get_header (BelfryExchange *self, const char *name);
/* (transfer full) (nullable) */
char *belfry_exchange_dup_cookie (BelfryExchange *self, const char *name);
void belfry_exchange_set_header (BelfryExchange *self, const char *name, const char *value);
/* Sends it, once; @body: (nullable). */
void
belfry_exchange_send (BelfryExchange *self, guint status, const char *content_type, GBytes *body);
void belfry_exchange_send_text (BelfryExchange *self, guint status, const char *text);
void belfry_exchange_send_not_modified (BelfryExchange *self, const char *etag);
/* 303 to @path below our root. */
void belfry_exchange_redirect (BelfryExchange *self, const char *path);
/* An error in the form the client wants; pages are drawn from error.html. */
void belfry_exchange_fail (BelfryExchange *self, guint status, const char *what);
/* Logged with a reference number, which alone is shown. */
void belfry_exchange_fail_with (BelfryExchange *self, const GError *error);
/* Headers out, body by belfry_exchange_append (). */
void belfry_exchange_begin (BelfryExchange *self, guint status, const char *content_type);
void belfry_exchange_append (BelfryExchange *self, GBytes *bytes);
void belfry_exchange_end (BelfryExchange *self);
/* Closes without a word: the client is too slow or the server ends. */
void belfry_exchange_abort (BelfryExchange *self);
gboolean belfry_exchange_wants_json (BelfryExchange *self);
/* '../' for every level below our root, './' at it. */
char *belfry_path_dup_base (const char *path);

/* headers.c */
void belfry_headers_add_security (SoupMessageHeaders *headers);
gboolean belfry_headers_match_etag (const char *if_none_match, const char *etag);
gboolean belfry_headers_accept_gzip (const char *accept_encoding);
/* One range of @total bytes; FALSE: none that can be used; *status: 206 or 416. */
gboolean belfry_headers_parse_range (
    const char *range, goffset total, goffset *first, goffset *last, guint *status);
gboolean belfry_headers_is_text_type (const char *content_type);
/* Whether a Host header names us. */
gboolean belfry_headers_is_our_host (BelfrySite *site, const char *host);
/* Origin or Referer of this site, or neither sent. */
gboolean belfry_headers_is_same_origin (BelfryExchange *exchange);
void belfry_headers_allow_origin (BelfryExchange *exchange);

/* compress.c */
GBytes *belfry_compress (GBytes *bytes);
typedef struct _BelfryGzip BelfryGzip;
BelfryGzip *belfry_gzip_new (void);
void belfry_gzip_free (BelfryGzip *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryGzip, belfry_gzip_free)
/* @bytes: (nullable); all that went in comes out, so that a reader sees it. */
GBytes *belfry_gzip_feed (BelfryGzip *self, GBytes *bytes, gboolean is_last);

/* handed-over.c */
GSocket *belfry_handed_over_open (const BelfryStrport *port, gboolean is_public, GError **error);
/* Adds descriptions of all of them; how many there are. */
guint belfry_handed_over_list (GStrvBuilder *builder);
void belfry_handed_over_warn (GPtrArray *listeners);

/* listeners.c */
BelfryListener *
belfry_listener_open (BelfryWww *www, const char *text, BelfryConfig *config, GError **error);
void belfry_listener_close (BelfryListener *self);
gboolean belfry_listener_is (BelfryListener *self, const char *text);
/* Reads certificates again. */
gboolean belfry_listener_refresh (BelfryListener *self, BelfryConfig *config, GError **error);
const char *belfry_listener_get_address (BelfryListener *self);
/* Nobody more is let in; who came before waits in the kernel for whoever listens next. */
void belfry_listener_hush (BelfryListener *self);
/* Whether all who were let in have their answers and have not asked for more. */
gboolean belfry_listener_is_quiet (BelfryListener *self);

struct _BelfryListener {
  BelfryWww *www;
  char *text;    /* as configured */
  char *address; /* as browsers write it */
  GSocket *socket;
  GSource *source;              /* (nullable) while at the cap */
  GTlsCertificate *certificate; /* (nullable) */
  char *unlink_path;            /* (nullable) */
  GQueue connections;           /* of BelfryConnection */
  gsize unverified_bytes;
  guint resume; /* source that accepts again */
};

/* connections.c */
struct _BelfryConnection {
  gatomicrefcount refs;
  BelfryListener *listener; /* NULL: the listener is gone */
  GSocket *socket;
  GInetAddress *peer; /* NULL: a Unix socket */
  GList link;
  gint64 deadline_us; /* monotonic; 0: none */
  gsize unverified_bytes;
  gboolean is_closed;
  gboolean is_idle;  /* an answer is out and nothing came since */
  gboolean has_left; /* what is read now is our own */
  const char *route; /* (nullable) of the request that is being answered; see count.c */
};

void belfry_connections_accept (BelfryListener *listener);
void belfry_connections_sweep (BelfryWww *www);
BelfryConnection *belfry_connection_of (SoupServerMessage *msg);
BelfryConnection *belfry_connection_ref (BelfryConnection *self);
void belfry_connection_unref (BelfryConnection *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BelfryConnection, belfry_connection_unref)
void belfry_connection_expect (BelfryConnection *self, gint64 timeout_us);
void belfry_connection_close (BelfryConnection *self);
/* FALSE: the listener's bound of unverified bytes is met. */
gboolean belfry_connection_charge (BelfryConnection *self, gsize bytes);
void belfry_connection_discharge (BelfryConnection *self);
GIOStream *belfry_leaving_wrap (BelfryConnection *connection,
                                GIOStream *base) G_GNUC_WARN_UNUSED_RESULT;

/* count.c: what a request was to, as far as it came; @route: for as long as the process lives */
#define BELFRY_HOOK_ROUTE "/change_hook"
void belfry_www_note_route (BelfryConnection *connection, const char *route);
void belfry_www_count_request (BelfryWww *self, SoupServerMessage *msg);

/* limits.c */
void belfry_limits_watch (BelfryWww *www, SoupServerMessage *msg);

/* the doors: what answers a route of our own */
void belfry_hook_receive (BelfryWww *www, SoupServerMessage *msg, const char *name);
/* TRUE: the path is a hook's; @name: (nullable) base, @is_good: whether it can be one */
gboolean belfry_hook_match (const char *path, char **name, gboolean *is_good);
void belfry_pages_draw (BelfryExchange *exchange, const BelfryMatch *match);
/* @reference: (nullable) number under which the journal has more */
void belfry_pages_draw_error (BelfryExchange *exchange,
                              guint status,
                              const char *what,
                              const char *reference);
/* One of ours: template with the data given. */
void belfry_pages_draw_template (BelfryExchange *exchange,
                                 guint status,
                                 const char *name,
                                 JsonObject *data);
void belfry_static_serve (BelfryExchange *exchange);
/* A file beneath @root, as bytes and nothing else; headers that are set already stay. */
void belfry_static_send_plain (BelfryExchange *exchange, const char *root, const char *path);
void belfry_artifacts_serve (BelfryExchange *exchange, const BelfryMatch *match);
void belfry_logs_stream (BelfryExchange *exchange, BelfryResponse *response);
void belfry_streams_open (BelfryExchange *exchange);
BelfryStreams *belfry_streams_new (BelfryWww *www);
guint belfry_streams_get_count (const BelfryStreams *self);
void belfry_streams_close_all (BelfryStreams *self);
void belfry_streams_free (BelfryStreams *self);
/* scrape.c */
void belfry_metrics_serve (BelfryExchange *exchange, const BelfryMatch *match);
/* Whether a connection is to the listener that has these numbers and nothing else. */
gboolean belfry_metrics_is_own_door (const BelfrySite *site, const BelfryConnection *connection);
void belfry_actions_run (BelfryExchange *exchange, guint row);
void belfry_actions_add_routes (BelfryRoutes *routes);

/* csrf.c */
/* (transfer full): the visitor's cookie; made and set where there is none and @may_make */
char *belfry_csrf_dup_session (BelfryExchange *exchange, gboolean may_make);
char *belfry_csrf_dup_token (BelfryWww *www, const char *session);
gboolean belfry_csrf_check (BelfryWww *www, const char *session, const char *token);
/* Words for the next page, which nobody else can put there. */
void belfry_message_set (BelfryExchange *exchange, const char *text);
/* (transfer full) (nullable); taking it clears it */
char *belfry_message_take (BelfryExchange *exchange);
