/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Reading a secret that somebody types or pipes. At a terminal nothing is shown; keys that would
 * end the program end the question instead, and signals that do so wait for it, so that no terminal
 * stays mute.
 */
#include "secret.h"

#include "belfry-plugin.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#define MAX_SECRET_BYTES 65536

enum {
  KEY_INTERRUPT = 3,
  KEY_QUIT = 28,
};

/* FALSE: a signal that ends the program has come, and waits. @ended: -1: none is waited for */
static gboolean
wait_for_input (int ended)
{
  GPollFD files[] = { { STDIN_FILENO, G_IO_IN, 0 }, { ended, G_IO_IN, 0 } };

  return g_poll (files, ended >= 0 ? 2 : 1, -1) > 0 && files[1].revents == 0;
}

/* up to @end or the end of the input; NULL: there was too much, or it was broken off */
static GString *
read_until (char end, int ended)
{
  g_autoptr (GString) text = g_string_sized_new (MAX_SECRET_BYTES + 1);
  char next = 0;

  while (wait_for_input (ended) && read (STDIN_FILENO, &next, 1) == 1 &&
         (end == '\0' || next != end)) {
    if ((end != '\0' && (next == KEY_INTERRUPT || next == KEY_QUIT)) ||
        text->len >= MAX_SECRET_BYTES)
      return NULL;
    g_string_append_c (text, next);
  }
  return g_steal_pointer (&text);
}

static void
wipe (GString *text)
{
  if (text == NULL)
    return;
  explicit_bzero (text->str, text->len);
  g_string_free (text, TRUE);
}

static GString *
ask_mute (const char *what, const char *name, int ended)
{
  struct termios before;
  struct termios mute;
  GString *text = NULL;

  if (tcgetattr (STDIN_FILENO, &before) != 0)
    return NULL;
  mute = before;
  mute.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ISIG);
  mute.c_cc[VEOL] = KEY_INTERRUPT;
  mute.c_cc[VEOL2] = KEY_QUIT;
  tcsetattr (STDIN_FILENO, TCSAFLUSH, &mute);
  fprintf (stderr, "%s %s: ", what, name);
  text = read_until ('\n', ended);
  tcsetattr (STDIN_FILENO, TCSAFLUSH, &before);
  fprintf (stderr, "\n");
  return text;
}

/* a signal that ends the program is held back until the terminal is as it was */
static GString *
ask (const char *what, const char *name)
{
  static const int endings[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
  sigset_t held_back;
  sigset_t before;
  GString *text = NULL;
  int ended = -1;

  sigemptyset (&held_back);
  for (guint i = 0; i < G_N_ELEMENTS (endings); i++)
    sigaddset (&held_back, endings[i]);
  sigprocmask (SIG_BLOCK, &held_back, &before);
  ended = signalfd (-1, &held_back, SFD_CLOEXEC);
  text = ask_mute (what, name, ended);
  if (ended >= 0)
    close (ended);
  sigprocmask (SIG_SETMASK, &before, NULL);
  return text;
}

static GString *
ask_twice (const char *what, const char *name, GError **error)
{
  GString *first = ask (what, name);
  GString *second = first != NULL ? ask ("once more", name) : NULL;

  if (first != NULL && second != NULL && g_string_equal (first, second)) {
    wipe (second);
    return first;
  }
  g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                       second == NULL ? "broken off, nothing was stored"
                                      : "the two are not the same, nothing was stored");
  wipe (first);
  wipe (second);
  return NULL;
}

static GString *
take_input (GError **error)
{
  GString *text = read_until ('\0', -1);

  if (text == NULL)
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_TOO_LARGE, "it is over 64 KiB");
  while (text != NULL && text->len > 0 && strchr ("\r\n", text->str[text->len - 1]) != NULL)
    g_string_truncate (text, text->len - 1);
  return text;
}

GBytes *
belfry_secret_read_value (const char *what, const char *name, GError **error)
{
  GString *text = isatty (STDIN_FILENO) ? ask_twice (what, name, error) : take_input (error);

  if (text == NULL)
    return NULL;
  if (text->len == 0 || memchr (text->str, '\0', text->len) != NULL) {
    g_set_error_literal (error, BELFRY_ERROR, BELFRY_ERROR_CONFIG,
                         text->len == 0 ? "it is empty" : "it is no text");
    wipe (text);
    return NULL;
  }
  return g_string_free_to_bytes (text);
}
