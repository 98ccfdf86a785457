/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Read byte by byte, so that no buffer of a library's keeps it. A signal that comes while the echo
 * is off is raised again when it is back on.
 */
#include "ask-password.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define MAX_BYTES 1024

static volatile sig_atomic_t caught;

static void
on_signal (int number)
{
  caught = number;
}

static gboolean
read_line (GString *line, GError **error)
{
  char byte = '\0';

  for (;;) {
    gssize got = read (STDIN_FILENO, &byte, 1);

    if (got < 0 && errno == EINTR && caught == 0)
      continue;
    if (got < 0) {
      g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_INTERNAL, "reading the password: %s",
                   g_strerror (errno));
      return FALSE;
    }
    if (got == 0 || byte == '\n')
      break;
    if (line->len >= MAX_BYTES || byte == '\0') {
      g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_TOO_LARGE,
                   "a password is text of at most %d bytes", MAX_BYTES);
      return FALSE;
    }
    g_string_append_c (line, byte);
  }
  if (line->len > 0 && line->str[line->len - 1] == '\r')
    g_string_truncate (line, line->len - 1);
  return TRUE;
}

/* (transfer full) (nullable) */
static char *
take_line (GError **error)
{
  /* grown at once, so that no shorter copy of it stays behind */
  GString *line = g_string_sized_new (MAX_BYTES + 1);
  gboolean done = read_line (line, error);

  if (done && line->len == 0) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "there is no password");
    done = FALSE;
  } else if (done && !g_utf8_validate (line->str, (gssize)line->len, NULL)) {
    g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "the password is not UTF-8 text");
    done = FALSE;
  }
  if (!done)
    explicit_bzero (line->str, line->allocated_len);
  return g_string_free (line, !done);
}

/* @what: beside the prompt */
static char *
ask_once (const char *prompt, const char *what, GError **error)
{
  fprintf (stderr, "%s%s: ", prompt, what);
  fflush (stderr);
  return take_line (error);
}

static char *
ask_twice (const char *prompt, GError **error)
{
  char *first = ask_once (prompt, "", error);
  char *second = NULL;
  gboolean same = FALSE;

  fprintf (stderr, "\n");
  if (first == NULL)
    return NULL;
  second = ask_once (prompt, ", once more", error);
  fprintf (stderr, "\n");
  if (second != NULL) {
    same = belfry_equal_constant_time (first, strlen (first), second, strlen (second));
    if (!same)
      g_set_error (error, BELFRY_ERROR, BELFRY_ERROR_MALFORMED, "the two passwords differ");
    explicit_bzero (second, strlen (second));
    g_free (second);
  }
  if (same)
    return first;
  explicit_bzero (first, strlen (first));
  g_free (first);
  return NULL;
}

char *
belfry_ask_password (const char *prompt, GError **error)
{
  static const int signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
  const struct sigaction action = { .sa_handler = on_signal };
  struct sigaction before[G_N_ELEMENTS (signals)];
  struct termios shown;
  struct termios hidden;
  char *password = NULL;

  if (tcgetattr (STDIN_FILENO, &shown) != 0)
    return take_line (error);
  hidden = shown;
  hidden.c_lflag &= ~(tcflag_t)ECHO;
  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++)
    sigaction (signals[i], &action, &before[i]);
  tcsetattr (STDIN_FILENO, TCSAFLUSH, &hidden);
  password = ask_twice (prompt, error);
  tcsetattr (STDIN_FILENO, TCSAFLUSH, &shown);
  for (gsize i = 0; i < G_N_ELEMENTS (signals); i++)
    sigaction (signals[i], &before[i], NULL);
  if (caught != 0)
    raise (caught);
  return password;
}
