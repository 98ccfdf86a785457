/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What plugins that run version control programs share: keys for credentials, a folder of their
 * own, the environment, and running a program to its end.
 *
 * Credentials reach a program by files of a folder that only this account may enter, or by its
 * standard input; never by arguments, addresses or configuration that stays.
 */
#pragma once

#include <belfry-plugin.h>

/** VcsKeys: how one proves who one is; the same keys everywhere */
typedef struct {
  BelfrySecret *ssh_key;
  char *ssh_known_hosts;
  char *ssh_host_key;
  BelfrySecret *credential; /* user:password, or a token */
} VcsKeys;

/* clang-format off */
#define VCS_SSH_OPTIONS(S, m)                                                                      \
  BELFRY_SECRET (S, m.ssh_key, "ssh-key", .alias = "ssh-private-key",                              \
                 .help = N_ ("private key for ssh")),                                              \
  BELFRY_STRING (S, m.ssh_known_hosts, "ssh-known-hosts",                                          \
                 .help = N_ ("text of a known hosts file; absent: the account's own")),            \
  BELFRY_STRING (S, m.ssh_host_key, "ssh-host-key",                                                \
                 .help = N_ ("public key of the repository's host"))
#define VCS_CREDENTIAL_OPTION(S, m)                                                                \
  BELFRY_SECRET (S, m.credential, "credential", .help = N_ ("user:password or a token for https"))
/* clang-format on */

/* The protocols of an instance's own section: an error where the repository is of another. */
void vcs_check_protocol (const BelfryCheck *check, const char *const *allowed);

/**
 * VcsAccess: a folder, an address and credentials, made ready for programs
 */
typedef struct {
  BelfryInstance *instance;
  GCancellable *cancellable; /* (nullable) ends what runs */
  char *workdir;
  char *address;  /* without password */
  char *user;     /* (nullable) */
  char *password; /* (nullable) */
  char *secrets;  /* folder of files that hold them; gone with this struct */
  GPtrArray *environment;
} VcsAccess;

/* For one poll of @instance: makes its folder, or refuses one that holds something else; writes
 * what ssh needs. */
VcsAccess *vcs_access_new (BelfryInstance *instance,
                           const VcsKeys *keys,
                           GCancellable *cancellable,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;
void vcs_access_free (VcsAccess *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (VcsAccess, vcs_access_free)
void vcs_access_set (VcsAccess *self, const char *name, const char *value);
/* Command line of ssh, quoted for programs that read it so. (transfer full) */
char *vcs_access_dup_ssh (VcsAccess *self) G_GNUC_WARN_UNUSED_RESULT;
/* A file among the secrets. (transfer full) (nullable): its path */
char *vcs_access_write (VcsAccess *self,
                        const char *name,
                        const char *text,
                        int mode,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;
/* Where the clone of this address lies, below the folder. (transfer full) */
char *vcs_access_dup_clone (VcsAccess *self) G_GNUC_WARN_UNUSED_RESULT;
/* Moves a damaged clone aside; an error where one lies there already. */
gboolean vcs_access_set_aside (VcsAccess *self, const char *clone, GError **error);

/* Runs a program; its output, or an error with the end of what it complained. */
void vcs_run_async (VcsAccess *access,
                    const char *const *argv,
                    GBytes *input,
                    GAsyncReadyCallback callback,
                    gpointer user_data);
GBytes *vcs_run_finish (GAsyncResult *result, GError **error);
/* What a program printed, as text that is never NULL. (transfer full) */
char *vcs_dup_output (GBytes *output);
/* Whether a program complained with one of the phrases, which end in NULL. */
gboolean vcs_error_says (const GError *error, const char *const *phrases);
/* Runs `PROGRAM --version` and looks for digits: FALSE where it is not there or older than
 * @major.@minor. Ends @task. */
typedef struct {
  const char *program;
  guint major;
  guint minor;
  guint found_major;
  guint found_minor;
} VcsVersion;
void vcs_version_async (BelfryInstance *instance, VcsVersion *version, GTask *task);

/* Text of a repository as UTF-8: itself, or read as @encoding, with U+FFFD for the rest.
 * (transfer full) */
char *vcs_text_new (const char *bytes, gssize length, const char *encoding);
/* The next field, ended by NUL; NULL at the end. Moves @at. */
const char *vcs_next_field (const char **at, const char *end);

/**
 * VcsPoll: what polls have in common; the first member of a plugin's own struct. Ended once, by
 * vcs_poll_fail(), vcs_poll_finish() or vcs_poll_tell().
 */
typedef struct {
  BelfryInstance *instance;
  GTask *task;
  VcsAccess *access;  /* (nullable): not open yet */
  char *clone;        /* where it lies, or will lie */
  JsonObject *seen;   /* (nullable): heads as of the last poll; NULL: this is the first */
  GPtrArray *changes; /* (element-type BelfryChange) found, oldest first */
  guint most;         /* changes of one poll */
  guint left_out;     /* of those that were too many */
  gboolean set_aside; /* a damaged clone was */
  GDestroyNotify clear;
} VcsPoll;

/* @size: of the plugin's own struct, which is zeroed; @clear: frees its members, not itself.
 * @task: (transfer full) */
gpointer vcs_poll_new (gsize size,
                       BelfryInstance *instance,
                       JsonNode *state,
                       GTask *task,
                       GDestroyNotify clear) G_GNUC_WARN_UNUSED_RESULT;
/* Makes access and the clone's place ready. */
gboolean vcs_poll_open (VcsPoll *self, const VcsKeys *keys, GError **error);
/* @error: (transfer full) */
void vcs_poll_fail (VcsPoll *self, GError *error);
void vcs_poll_finish (VcsPoll *self);
/* Where a program complained of @damage, moves the clone aside, once a poll: TRUE, begin again.
 * FALSE: the poll has failed. @error: (transfer full) */
gboolean vcs_poll_clone_anew (VcsPoll *self, GError *error, const char *const *damage);
/* Leaves out of the changes what is more than may be. */
void vcs_poll_drop_oldest (VcsPoll *self);
/* Has the changes and the heads stored, in one transaction, and ends the poll. */
void vcs_poll_tell (VcsPoll *self, JsonObject *heads);
