/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What the engine and its supervisors say to each other over a socket pair: frames of a length
 * (four bytes, big endian, of what follows), a type (one byte) and a payload. Both sides are of one
 * build, so there is no version; a frame that is too long or does not parse ends the conversation.
 */
#pragma once

#include <glib.h>

#define LOCAL_FRAME_MAX_BYTES (4 * 1024 * 1024)
#define LOCAL_CHUNK_BYTES     (32 * 1024)
#define LOCAL_SUPERVISOR_FD   3
/* set in an error number: not the program is at fault, but pipes, fork or folder */
#define LOCAL_FAULT_OF_SYSTEM 0x10000
#define LOCAL_TOKEN_VARIABLE  "BELFRY_SUPERVISOR"

typedef enum {
  LOCAL_FRAME_START = 'S',   /* to the supervisor: LocalJob */
  LOCAL_FRAME_END = 'K',     /* to the supervisor: sigterm µs, signal */
  LOCAL_FRAME_STARTED = 'B', /* from it: error number, 0 if it runs */
  LOCAL_FRAME_OUT = 'o',     /* from it: bytes */
  LOCAL_FRAME_ERR = 'e',     /* from it: bytes */
  LOCAL_FRAME_EXITED = 'X',  /* from it: LocalExit */
} LocalFrameType;

/** LocalJob: one process to be started */
typedef struct {
  const char *const *argv;
  const char *const *environment;
  const char *folder;
  const char *input; /* (nullable): /dev/null */
  guint umask;
  int nice;
  gboolean pty;
  gint64 tasks_max;   /* 0: no limit of its own */
  const char *cgroup; /* empty: none */
} LocalJob;

/** LocalExit: how it ended, and what it left behind */
typedef struct {
  int code;   /* -1: by a signal */
  int signal; /* 0: none */
  guint left_behind;
  gboolean unkillable;
} LocalExit;

void
local_frame_append (GByteArray *buffer, LocalFrameType type, gconstpointer payload, gsize n_bytes);
gboolean
local_frame_next (GByteArray *buffer, LocalFrameType *type, GBytes **payload, gboolean *broken);

void local_frame_append_job (GByteArray *buffer, const LocalJob *job);
void local_frame_append_end (GByteArray *buffer, gint64 sigterm_us, int signal);
void local_frame_append_exit (GByteArray *buffer, const LocalExit *exit);
void local_frame_append_started (GByteArray *buffer, int error_number);
/* The job borrows from the variant, which the caller unrefs. */
GVariant *local_frame_parse_job (GBytes *payload, LocalJob *job);
void local_job_clear_parsed (LocalJob *job);
gboolean local_frame_parse_end (GBytes *payload, gint64 *sigterm_us, int *signal);
gboolean local_frame_parse_exit (GBytes *payload, LocalExit *exit);
gboolean local_frame_parse_started (GBytes *payload, int *error_number);
