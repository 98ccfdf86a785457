/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Bitbucket's two products: what they send differs in names of keys and in where a repository's
 * addresses stand, which a product's table says; everything else is one translation.
 */
#pragma once

#include <belfry-plugin.h>

/* options of a section; both products' */
typedef struct {
  char *codebase;
  BelfryTemplate *codebase_format;
  char **property_whitelist;
} BelfryBitbucket;

extern const BelfryOption belfry_bitbucket_options[];
void belfry_bitbucket_check (gconstpointer self, const BelfryCheck *check);

/* one event: a push, or a pull request with what becomes of its branch */
typedef struct {
  const char *name;     /* colons as underscores */
  const char *category; /* NULL: a push */
  const char *branch;   /* whose branch it is about, as keys; NULL: the request's own ref */
} BelfryBitbucketEvent;

/* what one request says of its repository */
typedef struct {
  char *repository; /* (nullable) */
  char *commits;    /* (nullable): address to which a revision is appended */
} BelfryBitbucketLinks;

typedef struct {
  const char *title;        /* in comments */
  const char *display_name; /* of an actor */
  const char *nick;
  const char *scm;                    /* of a repository */
  const char *no_project;             /* NULL: a project is required */
  gboolean has_own_layout;            /* beside that of the hosted service */
  const BelfryBitbucketEvent *events; /* ends in a row without name */
  /* @lenient: a product's older version, which tells no addresses. @push: the address of commits is
   * wanted too */
  gboolean (*read_links) (JsonNode *repository,
                          gboolean push,
                          gboolean lenient,
                          BelfryBitbucketLinks *links,
                          GError **error);
  gboolean (*is_fork) (JsonNode *from, JsonNode *to);
} BelfryBitbucketProduct;

BelfryTranslation *belfry_bitbucket_translate (const BelfryBitbucketProduct *product,
                                               const BelfryBitbucket *self,
                                               BelfryRequest *request);
/* First element of a list at @path; NULL without error: an empty list. FALSE: no list. */
gboolean
belfry_bitbucket_find_first (JsonNode *root, const char *path, JsonNode **first, GError **error);

/* between the parts of this library */

typedef struct {
  const BelfryBitbucketProduct *product;
  const BelfryBitbucket *self;
  const BelfryBitbucketEvent *event;
  JsonNode *payload;
  gboolean is_own; /* the product's own layout, not its plug-in's */
  BelfryBitbucketLinks links;
  char *project;
  char *src;
  char *codebase;
} BelfryBitbucketReading;

/* What of a request does not depend on its single changes. */
gboolean belfry_bitbucket_read_repository (BelfryBitbucketReading *reading,
                                           JsonNode *repository,
                                           GError **error);
/* A change with all that is common to those of a request; author included. (transfer full) */
BelfryChange *belfry_bitbucket_new_change (const BelfryBitbucketReading *reading, GError **error);
BelfryTranslation *belfry_bitbucket_translate_push (BelfryBitbucketReading *reading,
                                                    GError **error);
BelfryTranslation *belfry_bitbucket_translate_pull (BelfryBitbucketReading *reading,
                                                    GError **error);
