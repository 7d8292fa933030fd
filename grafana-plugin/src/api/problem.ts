// SPDX-License-Identifier: Apache-2.0
// Everything that can go wrong between a page and the API, as one error with a stable code. Vireo's own problems keep
// their code; what Grafana or the network says gets one of APP_CODES.

import { t } from '@grafana/i18n';
import { type FetchError, isFetchError } from '@grafana/runtime';
import { PROBLEMS } from '@vireo/exporter/contract';
import { explain } from './code-texts';

/** What fails before Vireo is reached. */
export const APP_CODES = [
  'APP_FORBIDDEN',
  'APP_SIGNED_OUT',
  'APP_NOT_CONFIGURED',
  'APP_UNREACHABLE',
  'APP_NETWORK',
  'APP_HOST_NAME',
  'APP_ANSWER',
] as const;
/** One of {@link APP_CODES}. */
export type AppCode = (typeof APP_CODES)[number];

/**
 * Why a request failed, with a message for the person who reads. `code` is stable: one of Vireo's problems, or of
 * {@link APP_CODES}.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: string;
  /** Of HTTP; 0 when there was no answer. */
  readonly status: number;
  /** What Vireo said, in English, with names and reasons; undefined where the message is that. */
  readonly details: string | undefined;
  /** What to do about it, where that is known. */
  readonly advice: string | undefined;
  /** Stands in Vireo's log as well. */
  readonly requestId: string | undefined;

  constructor(problem: Pick<ApiError, 'code' | 'status' | 'message'> & Partial<ApiError>) {
    super(problem.message);
    this.code = problem.code;
    this.status = problem.status;
    this.details = problem.details;
    this.advice = problem.advice;
    this.requestId = problem.requestId;
  }

  /** Somebody must allow it first; asking again doesn't help. */
  get isForbidden(): boolean {
    return this.status === 403 || this.code === 'APP_FORBIDDEN';
  }

  /** There is no such thing (any more). */
  get isMissing(): boolean {
    return this.status === 404;
  }

  /** The app isn't set up; the configuration page is where to go. */
  get isUnconfigured(): boolean {
    return this.code === 'APP_NOT_CONFIGURED' || this.code === 'VIREO_AUTH_MISSING' || this.code === 'VIREO_AUTH_TOKEN';
  }
}

/** One of {@link APP_CODES} as an error. */
export function appError(code: AppCode, status: number, what?: string): ApiError {
  const { detail, advice } = appProblem(code);
  return new ApiError({ code, status, message: what === undefined ? detail : `${detail} (${what})`, advice });
}

/** Whatever was thrown, as the one error of this app; undefined when the request was cancelled on purpose. */
export function toApiError(thrown: unknown): ApiError | undefined {
  if (thrown instanceof ApiError) {
    return thrown;
  }
  if (!isFetchError(thrown)) {
    return appError('APP_ANSWER', 0, thrown instanceof Error ? thrown.message : String(thrown));
  }
  if (thrown.cancelled) {
    return undefined;
  }
  return ofVireo(thrown) ?? ofGrafana(thrown);
}

function ofVireo({ data, status }: FetchError<unknown>): ApiError | undefined {
  const body = parsed(data);
  const { code, detail, reasonCode, requestId } = body;
  if (typeof code !== 'string' || typeof detail !== 'string') {
    return undefined;
  }
  const known = Object.hasOwn(PROBLEMS, code) ? PROBLEMS[code as keyof typeof PROBLEMS] : undefined;
  const { text, details, advice } = explain({
    code,
    message: detail,
    reasonCode: typeof reasonCode === 'string' ? reasonCode : undefined,
    advice: known?.advice,
  });
  return new ApiError({
    code,
    status,
    message: text,
    details,
    advice,
    requestId: typeof requestId === 'string' ? requestId : undefined,
  });
}

function ofGrafana({ data, status, statusText }: FetchError<unknown>): ApiError {
  const { message } = parsed(data);
  const said = typeof message === 'string' ? message : statusText;
  if (status === 0 || status === -1) {
    return appError('APP_NETWORK', 0, said);
  }
  if (status === 401) {
    return appError('APP_SIGNED_OUT', status, said);
  }
  if (status === 403) {
    return appError('APP_FORBIDDEN', status, said);
  }
  // Grafana can't make an address from an empty apiUrl, or knows no such route: the app isn't set up.
  if (status === 500 || status === 404) {
    return appError('APP_NOT_CONFIGURED', status, said);
  }
  if (status === 502 || status === 503 || status === 504) {
    return appError('APP_UNREACHABLE', status, said);
  }
  return appError('APP_ANSWER', status, said);
}

/** Grafana gives JSON only for `application/json`; a problem may arrive as text or bytes. */
function parsed(data: unknown): Record<string, unknown> {
  let value = data;
  if (typeof value === 'string') {
    try {
      value = JSON.parse(value);
    } catch {
      return {};
    }
  }
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function appProblem(code: AppCode): { detail: string; advice: string } {
  switch (code) {
    case 'APP_FORBIDDEN':
      return {
        detail: t('problem.forbidden.detail', 'Grafana does not let you do this.'),
        advice: t('problem.forbidden.advice', 'Ask an administrator for the role "Vireo viewer" or "Vireo operator".'),
      };
    case 'APP_SIGNED_OUT':
      return {
        detail: t('problem.signed-out.detail', 'You are no longer signed in to Grafana.'),
        advice: t('problem.signed-out.advice', 'Sign in again; nothing was done.'),
      };
    case 'APP_NOT_CONFIGURED':
      return {
        detail: t('problem.not-configured.detail', 'Grafana cannot make a request to Vireo from this configuration.'),
        advice: t(
          'problem.not-configured.advice',
          'Enter the address of the API and its tokens on the configuration page.',
        ),
      };
    case 'APP_UNREACHABLE':
      return {
        detail: t('problem.unreachable.detail', 'Grafana does not reach Vireo.'),
        advice: t('problem.unreachable.advice', 'See whether Vireo runs, and whether the configured address is right.'),
      };
    case 'APP_NETWORK':
      return {
        detail: t('problem.network.detail', 'Grafana did not answer.'),
        advice: t(
          'problem.network.advice',
          'Check your connection. What was asked for may have been done: look first.',
        ),
      };
    case 'APP_HOST_NAME':
      return {
        detail: t('problem.host-name.detail', 'Grafana cannot pass on the name of this host.'),
        advice: t('problem.host-name.advice', 'Give the host a name without slashes, percent signs and dots alone.'),
      };
    case 'APP_ANSWER':
      return {
        detail: t('problem.answer.detail', 'The answer cannot be understood.'),
        advice: t('problem.answer.advice', 'See the log of Grafana, and whether app and Vireo have the same version.'),
      };
  }
}
