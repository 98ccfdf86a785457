/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table of [step NAME]. */
#include "decode.h"
#include "options.h"
#include <signal.h>

static const BelfryChoice kind_choices[] = {
  { "git", LOCAL_STEP_GIT, N_ ("checks out a git repository") },
  { "hg", LOCAL_STEP_HG, N_ ("checks out a Mercurial repository") },
  { "svn", LOCAL_STEP_SVN, N_ ("checks out a Subversion repository") },
  { "checkout", LOCAL_STEP_CHECKOUT, N_ ("checks out a codebase by its own kind") },
  { "command", LOCAL_STEP_COMMAND, N_ ("runs an argument vector") },
  { "shell", LOCAL_STEP_SHELL, N_ ("runs a script of the configuration") },
  { "set-property", LOCAL_STEP_SET_PROPERTY, N_ ("sets properties") },
  { "upload", LOCAL_STEP_UPLOAD, N_ ("keeps files as artifacts") },
  { "trigger", LOCAL_STEP_TRIGGER, N_ ("starts triggerable schedulers") },
  { NULL },
};

static const BelfryChoice signal_choices[] = {
  { "KILL", SIGKILL, NULL }, { "TERM", SIGTERM, NULL }, { "INT", SIGINT, NULL },
  { "HUP", SIGHUP, NULL },   { "QUIT", SIGQUIT, NULL }, { NULL },
};

static const BelfryChoice result_choices[] = {
  { "success", 1 << BELFRY_RESULT_SUCCESS, NULL },
  { "warnings", 1 << BELFRY_RESULT_WARNINGS, NULL },
  { "failure", 1 << BELFRY_RESULT_FAILURE, NULL },
  { "skipped", 1 << BELFRY_RESULT_SKIPPED, NULL },
  { "exception", 1 << BELFRY_RESULT_EXCEPTION, NULL },
  { "retry", 1 << BELFRY_RESULT_RETRY, NULL },
  { "cancelled", 1 << BELFRY_RESULT_CANCELLED, NULL },
  { NULL },
};

static const BelfryChoice mode_choices[] = {
  { "incremental", LOCAL_MODE_INCREMENTAL, NULL },
  { "full", LOCAL_MODE_FULL, NULL },
  { NULL },
};

static const BelfryChoice method_choices[] = {
  { "clobber", LOCAL_METHOD_CLOBBER, N_ ("the tree is removed and cloned anew") },
  { "fresh", LOCAL_METHOD_FRESH, N_ ("all that is not versioned is removed") },
  { "clean", LOCAL_METHOD_CLEAN, N_ ("as fresh, ignored files stay") },
  { "copy", LOCAL_METHOD_COPY, N_ ("git and svn: a separate tree is updated and copied") },
  { "export", LOCAL_METHOD_EXPORT, N_ ("svn: a separate tree is updated and exported") },
  { NULL },
};

static const BelfryChoice outcome_choices[] = {
  { "success", BELFRY_RESULT_SUCCESS, NULL },
  { "warnings", BELFRY_RESULT_WARNINGS, NULL },
  { "failure", BELFRY_RESULT_FAILURE, NULL },
  { NULL },
};

static const BelfryChoice stale_choices[] = {
  { "leave", FALSE, NULL },
  { "use", TRUE, NULL },
  { NULL },
};

static const BelfryChoice missing_choices[] = {
  { "failure", LOCAL_MISSING_FAILURE, NULL },
  { "skip", LOCAL_MISSING_SKIP, N_ ("the step is skipped") },
  { NULL },
};

static const BelfryChoice branch_type_choices[] = {
  { "inrepo", LOCAL_BRANCH_INREPO, N_ ("a named branch of one repository") },
  { "dirname", LOCAL_BRANCH_DIRNAME,
    N_ ("a repository of its own, its name added to the address") },
  { NULL },
};

static const BelfryChoice format_choices[] = {
  { "lines", LOCAL_FORMAT_LINES, N_ ("NAME=VALUE lines") },
  { "json", LOCAL_FORMAT_JSON, N_ ("a JSON object") },
  { NULL },
};

static const BelfryChoice as_choices[] = {
  { "text", FALSE, NULL },
  { "json", TRUE, NULL },
  { NULL },
};

#define LATER(key)                                                                                 \
  BELFRY_CUSTOM (LocalStepKeys, later, key, .custom = &local_later_type, .hidden = TRUE,           \
                 .help = N_ ("not yet offered"))

/* clang-format off */
const BelfryOption local_step_options[] = {
  BELFRY_ENUM (LocalStepKeys, kind, "kind", .choices = kind_choices, .help = N_ ("absent: told by command, script or schedulers")),
  BELFRY_RENDERED (LocalStepKeys, name, "name", .help = N_ ("absent: the section's")),
  BELFRY_CUSTOM (LocalStepKeys, halt_on_failure, "halt-on-failure", .custom = &local_tristate_type, .help = N_ ("failure ends the build; absent: only for checkouts")),
  BELFRY_BOOLEAN (LocalStepKeys, flunk_on_failure, "flunk-on-failure", .default_text = "true", .help = N_ ("failure makes the build fail")),
  BELFRY_BOOLEAN (LocalStepKeys, warn_on_failure, "warn-on-failure", .default_text = "false", .help = N_ ("failure makes the build warnings")),
  BELFRY_BOOLEAN (LocalStepKeys, flunk_on_warnings, "flunk-on-warnings", .default_text = "false", .help = N_ ("warnings make the build fail")),
  BELFRY_BOOLEAN (LocalStepKeys, warn_on_warnings, "warn-on-warnings", .default_text = "false", .help = N_ ("warnings make the build warnings")),
  BELFRY_BOOLEAN (LocalStepKeys, always_run, "always-run", .default_text = "false", .help = N_ ("runs after a halt and after a stop")),
  BELFRY_EXPRESSION (LocalStepKeys, do_if, "do-if", .help = N_ ("false: the step is skipped")),
  BELFRY_EXPRESSION (LocalStepKeys, hide_if, "hide-if", .help = N_ ("true when it has ended: pages do not show it")),
  BELFRY_RENDERED (LocalStepKeys, description, "description", .help = N_ ("text while it runs")),
  BELFRY_RENDERED (LocalStepKeys, description_done, "description-done", .help = N_ ("text afterwards")),
  BELFRY_RENDERED (LocalStepKeys, description_suffix, "description-suffix", .help = N_ ("added to both texts")),
  BELFRY_FLAGS (LocalStepKeys, update_build_summary, "update-build-summary", .choices = result_choices, .default_text = "failure;warnings;exception;cancelled;retry", .help = N_ ("results whose text goes into the build's")),
  BELFRY_CUSTOM (LocalStepKeys, decode, "decode", .custom = &local_decode_type, .default_text = "0=success;*=failure", .help = N_ ("exit code to result: CODE=RESULT, signal=RESULT, *=RESULT")),
  BELFRY_DURATION (LocalStepKeys, timeout, "timeout", .default_text = "20min", .unit = "s", .help = N_ ("longest silence; never: none")),
  BELFRY_DURATION (LocalStepKeys, max_time, "max-time", .default_text = "0", .unit = "s", .help = N_ ("longest run; 0 or never: none")),
  BELFRY_ENUM (LocalStepKeys, interrupt_signal, "interrupt-signal", .choices = signal_choices, .default_text = "KILL", .help = N_ ("what follows TERM")),
  BELFRY_DURATION (LocalStepKeys, sigterm_time, "sigterm-time", .default_text = "10s", .unit = "s", .help = N_ ("time between TERM and interrupt-signal; 0: at once")),
  BELFRY_CUSTOM (LocalStepKeys, retry, "retry", .custom = &local_retry_type, .help = N_ ("COUNT:DELAY: again while it fails")),
  BELFRY_MAP (LocalStepKeys, env, "env", .element = BELFRY_OPTION_RENDERED, .help = N_ ("variables; an empty value removes one")),
  BELFRY_RENDERED (LocalStepKeys, workdir, "workdir", .help = N_ ("folder below builddir; absent: the builder's")),
  BELFRY_MAP (LocalStepKeys, secrets, "secret", .element = BELFRY_OPTION_SECRET, .help = N_ ("secrets given as variables")),
  BELFRY_MAP (LocalStepKeys, secret_files, "secret-file", .element = BELFRY_OPTION_SECRET, .help = N_ ("secrets given as files, their paths as variables")),
  BELFRY_BOOLEAN (LocalStepKeys, log_environment, "log-environment", .default_text = "true", .help = N_ ("whether the log's header lists the environment")),
  BELFRY_MAP (LocalStepKeys, logs, "log", .element = BELFRY_OPTION_STRING, .help = N_ ("files beneath the work folder that become logs of their own")),
  BELFRY_BOOLEAN (LocalStepKeys, log_follow, "log-follow", .default_text = "true", .help = N_ ("whether they are followed; false: read at the end")),
  BELFRY_BOOLEAN (LocalStepKeys, lazy_logs, "lazy-logs", .default_text = "false", .help = N_ ("makes them only when they have content")),
  BELFRY_BOOLEAN (LocalStepKeys, pty, "pty", .default_text = "false", .help = N_ ("runs on a terminal of its own")),
  BELFRY_BOOLEAN (LocalStepKeys, allow_secret_in_argv, "allow-secret-in-argv", .default_text = "false", .help = N_ ("allows secrets in arguments, where everybody on the machine sees them")),
  BELFRY_STRING (LocalStepKeys, encoding, "encoding", .default_text = "utf-8", .help = N_ ("of its output")),
  BELFRY_SIZE (LocalStepKeys, max_log, "max-log", .minimum = 1, .maximum = G_MAXINT64, .unit = "bytes", .help = N_ ("longest log; absent: the engine's")),
  BELFRY_INTEGER (LocalStepKeys, max_lines, "max-lines", .minimum = 1, .maximum = G_MAXINT64, .help = N_ ("most lines of a log; absent: no limit")),
  BELFRY_RENDERED (LocalStepKeys, stdin_text, "stdin", .help = N_ ("written to its standard input")),
  BELFRY_MAP (LocalStepKeys, links, "links", .element = BELFRY_OPTION_RENDERED, .help = N_ ("http or https addresses shown on the step")),
  BELFRY_ARGV (LocalStepKeys, command, "command", .help = N_ ("program and arguments; never a shell")),
  BELFRY_STRING (LocalStepKeys, script, "script", .help = N_ ("text for the shell, without substitutions")),
  BELFRY_ARGV (LocalStepKeys, interpreter, "interpreter", .default_text = "/bin/sh -e", .help = N_ ("what runs the script, before -c")),
  BELFRY_RENDERED (LocalStepKeys, property, "property", .help = N_ ("name of the property that is set")),
  BELFRY_RENDERED (LocalStepKeys, value, "value", .help = N_ ("its value; absent: the output of command")),
  BELFRY_BOOLEAN (LocalStepKeys, strip, "strip", .default_text = "true", .help = N_ ("blanks around the output are cut")),
  BELFRY_REGEX (LocalStepKeys, extract, "extract", .help = N_ ("pattern whose named groups become properties")),
  BELFRY_ENUM (LocalStepKeys, format, "format", .choices = format_choices, .help = N_ ("how the output names properties")),
  BELFRY_ENUM (LocalStepKeys, as_json, "as", .choices = as_choices, .default_text = "text", .help = N_ ("how a value is read")),
  BELFRY_LIST (LocalStepKeys, test_results, "test-results", .help = N_ ("junit:GLOB, tap:GLOB or subunit:GLOB beneath the work folder; without a glob: the standard output")),
  BELFRY_ENUM (LocalStepKeys, no_tests, "no-tests", .choices = outcome_choices, .default_text = "warnings", .help = N_ ("result where no test was found")),
  BELFRY_ENUM (LocalStepKeys, broken_results, "broken-results", .choices = outcome_choices, .default_text = "warnings", .help = N_ ("result where a file cannot be read")),
  BELFRY_ENUM (LocalStepKeys, stale_results, "stale-results", .choices = stale_choices, .default_text = "leave", .help = N_ ("what is done with files older than the step")),
  BELFRY_INTEGER (LocalStepKeys, max_failed, "max-failed", .minimum = 0, .maximum = G_MAXINT32, .default_text = "0", .help = N_ ("more failed tests fail the step")),
  BELFRY_INTEGER (LocalStepKeys, max_skipped, "max-skipped", .minimum = -1, .maximum = G_MAXINT32, .default_text = "-1", .help = N_ ("more skipped tests make warnings; -1: no limit")),
  BELFRY_BOOLEAN (LocalStepKeys, count_warnings, "count-warnings", .default_text = "false", .help = N_ ("counts warnings in the output")),
  BELFRY_REGEX_LIST (LocalStepKeys, warning_patterns, "warning-pattern", .default_text = "(?i).*warning[: ].*", .help = N_ ("lines that are warnings, matched at their start")),
  BELFRY_INTEGER (LocalStepKeys, max_warnings, "max-warnings", .minimum = -1, .maximum = G_MAXINT32, .default_text = "-1", .help = N_ ("more warnings fail the step; -1: no limit")),
  BELFRY_LIST (LocalStepKeys, suppress, "suppress", .help = N_ ("FILE-REGEX : TEXT-REGEX [: FROM-TO]: warnings that do not count")),
  BELFRY_STRING (LocalStepKeys, suppress_file, "suppress-file", .help = N_ ("file beneath the work folder with such lines")),
  BELFRY_REGEX (LocalStepKeys, directory_enter, "directory-enter", .default_text = "make.*: Entering directory [\"`'](.*)['`\"]", .help = N_ ("line that says which folder is entered")),
  BELFRY_REGEX (LocalStepKeys, directory_leave, "directory-leave", .default_text = "make.*: Leaving directory", .help = N_ ("line that says that it is left")),
  BELFRY_LIST (LocalStepKeys, warning_groups, "warning-groups", .help = N_ ("what the pattern's groups are, in order: file, line, text")),
  BELFRY_RENDERED (LocalStepKeys, source, "source", .help = N_ ("file, folder or glob beneath the work folder")),
  BELFRY_RENDERED (LocalStepKeys, destination, "destination", .help = N_ ("folder beneath that of artifacts; absent: builddir, build number and step")),
  BELFRY_STRING (LocalStepKeys, link, "link", .help = N_ ("text of the link; absent: the step's name")),
  BELFRY_RENDERED (LocalStepKeys, url, "url", .help = N_ ("where a server of one's own shows them; absent: the build's page of artifacts")),
  BELFRY_SIZE (LocalStepKeys, max_size, "max-size", .minimum = 1, .maximum = G_MAXINT64, .default_text = "1GiB", .unit = "bytes", .help = N_ ("all files together; more fails")),
  BELFRY_INTEGER (LocalStepKeys, max_files, "max-files", .minimum = 1, .maximum = 1000000, .default_text = "10000", .help = N_ ("more files fail")),
  BELFRY_ENUM (LocalStepKeys, if_missing, "if-missing", .choices = missing_choices, .default_text = "failure", .help = N_ ("what it means that there is nothing")),
  BELFRY_DURATION (LocalStepKeys, keep, "keep", .default_text = "0", .unit = "s", .help = N_ ("how long they are kept; 0: as the builder says")),
  BELFRY_BOOLEAN (LocalStepKeys, overwrite, "overwrite", .default_text = "false", .help = N_ ("whether a destination that exists is replaced")),
  BELFRY_STRING (LocalStepKeys, codebase, "codebase", .help = N_ ("what is checked out; absent: the only one")),
  BELFRY_RENDERED (LocalStepKeys, repository, "repository", .help = N_ ("absent: the codebase's")),
  BELFRY_LIST (LocalStepKeys, allowed_repositories, "allowed-repositories", .help = N_ ("globs that a rendered repository must match")),
  BELFRY_STRING (LocalStepKeys, branch, "branch", .help = N_ ("where the stamp has none")),
  BELFRY_ENUM (LocalStepKeys, mode, "mode", .choices = mode_choices, .default_text = "incremental", .help = N_ ("how much of an older tree is kept")),
  BELFRY_ENUM (LocalStepKeys, method, "method", .choices = method_choices, .help = N_ ("of mode full; absent: fresh")),
  BELFRY_BOOLEAN (LocalStepKeys, always_use_latest, "always-use-latest", .default_text = "false", .help = N_ ("ignores the stamp's branch, revision and patch")),
  BELFRY_STRING (LocalStepKeys, revision, "revision", .help = N_ ("absent: the stamp's")),
  BELFRY_LIST (LocalStepKeys, allowed_protocols, "allowed-protocols", .help = N_ ("others are refused before anything runs; absent: https, ssh, git and file, of svn https, svn, svn+ssh and file")),
  BELFRY_SECRET (LocalStepKeys, ssh_key, "ssh-key", .help = N_ ("private key for ssh")),
  BELFRY_STRING (LocalStepKeys, ssh_known_hosts, "ssh-known-hosts", .help = N_ ("text of a known hosts file")),
  BELFRY_STRING (LocalStepKeys, ssh_host_key, "ssh-host-key", .help = N_ ("public key of the repository's host")),
  BELFRY_SECRET (LocalStepKeys, credential, "credential", .help = N_ ("user:password or a token for https")),
  BELFRY_BOOLEAN (LocalStepKeys, submodules, "submodules", .default_text = "false", .help = N_ ("checks out submodules, recursively")),
  BELFRY_BOOLEAN (LocalStepKeys, remote_submodules, "remote-submodules", .default_text = "false", .help = N_ ("submodules at the newest of their branch")),
  BELFRY_CUSTOM (LocalStepKeys, shallow, "shallow", .custom = &local_depth_type, .help = N_ ("true or a depth; only with mode full and method clobber")),
  BELFRY_BOOLEAN (LocalStepKeys, retry_fetch, "retry-fetch", .default_text = "false", .help = N_ ("a failed fetch is tried once more")),
  BELFRY_BOOLEAN (LocalStepKeys, clobber_on_failure, "clobber-on-failure", .default_text = "false", .help = N_ ("a failed fetch or checkout clones anew")),
  BELFRY_STRING (LocalStepKeys, reference, "reference", .help = N_ ("local repository to borrow objects from")),
  BELFRY_LIST (LocalStepKeys, filters, "filters", .help = N_ ("of a partial clone")),
  BELFRY_STRING (LocalStepKeys, origin, "origin", .default_text = "origin", .help = N_ ("name of the remote")),
  BELFRY_BOOLEAN (LocalStepKeys, tags, "tags", .default_text = "true", .help = N_ ("whether tags are fetched")),
  BELFRY_MAP (LocalStepKeys, config, "config", .element = BELFRY_OPTION_STRING, .help = N_ ("settings given to git")),
  BELFRY_STRING (LocalStepKeys, get_description, "get-description", .default_text = "false", .help = N_ ("true or options of describe: sets commit-description")),
  BELFRY_ENUM (LocalStepKeys, branch_type, "branch-type", .choices = branch_type_choices, .default_text = "inrepo", .help = N_ ("hg: what a branch is")),
  BELFRY_BOOLEAN (LocalStepKeys, clobber_on_branch_change, "clobber-on-branch-change", .default_text = "true", .help = N_ ("hg: a tree of another named branch is cloned anew")),
  BELFRY_STRING (LocalStepKeys, depth, "depth", .help = N_ ("svn: empty, files, immediates or infinity")),
  BELFRY_LIST (LocalStepKeys, keep_on_purge, "keep-on-purge", .help = N_ ("svn: globs of what fresh and clean leave")),
  BELFRY_BOOLEAN (LocalStepKeys, prefer_last_changed_rev, "prefer-last-changed-rev", .default_text = "false", .help = N_ ("svn: got_revision is the last that changed the tree")),
  BELFRY_BOOLEAN (LocalStepKeys, externals, "externals", .default_text = "true", .help = N_ ("svn: fetches externals, by the allowed protocols alone")),
  BELFRY_LIST (LocalStepKeys, locks, "locks", .help = N_ ("held while it runs: NAME, NAME:counting, NAME:counting:UNITS")),
  BELFRY_LIST (LocalStepKeys, schedulers, "schedulers", .help = N_ ("of a trigger: the triggerable schedulers")),
  BELFRY_BOOLEAN (LocalStepKeys, wait_for_finish, "wait-for-finish", .default_text = "false", .help = N_ ("of a trigger: waits, and takes over the worst result")),
  BELFRY_LIST (LocalStepKeys, unimportant_schedulers, "unimportant-schedulers", .help = N_ ("of a trigger: schedulers whose results do not count")),
  BELFRY_CUSTOM (LocalStepKeys, update_source_stamp, "update-source-stamp", .custom = &local_tristate_type, .help = N_ ("of a trigger: gives the revision that was checked out; absent: true")),
  BELFRY_MAP (LocalStepKeys, source_stamps, "source-stamp", .element = BELFRY_OPTION_RENDERED, .help = N_ ("of a trigger: branch=…,revision=… of a codebase; _ is the one without a name")),
  BELFRY_MAP (LocalStepKeys, set_properties, "set-property", .element = BELFRY_OPTION_RENDERED, .help = N_ ("of a trigger: properties of what it starts")),
  BELFRY_LIST (LocalStepKeys, copy_properties, "copy-properties", .help = N_ ("of a trigger: properties that are handed on")),
  BELFRY_STRING (LocalStepKeys, parent_relationship, "parent-relationship", .default_text = "Triggered from", .help = N_ ("of a trigger: how the sets name their parent")),
  LATER ("lfs"),
  { NULL },
};
