// SPDX-License-Identifier: Apache-2.0
// What the rest of the exporter gets from this room: everything decided, nothing optional that has a default.

import type { Privilege } from '../contract/privileges.ts';
import type { LabelledPath } from '../xml/xpath.ts';
import type { Secret } from './secret.ts';
import type { Watching } from './watching.ts';

/** A listening address. */
export interface ListenAddress {
  /** Name or address without brackets; absent means all addresses of the machine, IPv4 and IPv6. */
  readonly host?: string;
  /** 0 lets the operating system choose. */
  readonly port: number;
}

/** How to answer a daemon that asks who we are (SASL). */
export interface HostCredentials {
  readonly username: string;
  readonly password: Secret;
}

/** One hypervisor to watch. */
export interface HostConfig {
  /** The value of the label `host`; unique. */
  readonly name: string;
  /** A libvirt connection URI; holds no secret. */
  readonly uri: string;
  /** The daemon that is asked to open {@link uri}, by its connection URI; absent: the one behind {@link uri} itself. */
  readonly via?: string;
  readonly credentials?: HostCredentials;
  /** What of it is watched; absent: what the configuration says of all hosts. */
  readonly watching?: Watching;
  /** How its consoles are reached; absent: as the URI says. */
  readonly console?: HostConsoleConfig;
}

/** How the consoles of one host are reached. */
export interface HostConsoleConfig {
  /** `auto`: ssh for ssh URIs, local for unix sockets, else direct. */
  readonly via: 'auto' | 'local' | 'ssh' | 'direct' | 'off';
  /** Where the host is found directly; absent: where its URI says. */
  readonly address?: string;
  /** The name in the certificate of its VNC servers; absent: the host of its URI. */
  readonly tlsServerName?: string;
}

/** Consoles in the browser. */
export interface ConsoleConfig {
  /** Ends in a slash; absent: as the Host header says. */
  readonly publicUrl?: string;
  readonly allowedOrigins: readonly string[];
  readonly sessionsPerDomain: number;
  readonly sessionsPerUser: number;
  readonly sessions: number;
  readonly longestSessionSeconds: number;
  /** Whether addresses for viewers past Vireo are given out. */
  readonly directAccess: boolean;
  /** Absolute paths of PEM files. */
  readonly tls: { readonly caFile: string; readonly certificateFile?: string; readonly keyFile?: string };
}

/** How hosts are polled. */
export interface PollConfig {
  readonly intervalSeconds: number;
  /** How long one chunk of statistics may take before its domains go to quarantine. */
  readonly statisticsDeadlineSeconds: number;
  /** Domains in one statistics call. */
  readonly chunkDomains: number;
  /** Polls a lost host's series outlive it. */
  readonly staleAfterPolls: number;
  /** How often XML, autostart and storage pools are read again without an event asking for it. */
  readonly detailsIntervalSeconds: number;
  /** Calls in flight on one connection. */
  readonly maxInFlight: number;
}

/** Who may use the API, and for what. */
export interface TokenConfig {
  /** Unique; what logs and tasks show. */
  readonly name: string;
  /** SHA-256 of the token, 64 lower-case hexadecimal digits. Unique. */
  readonly sha256: string;
  readonly privileges: readonly Privilege[];
  /** Glob patterns, `*` and `?` only, for the names of hosts. */
  readonly hosts: readonly string[];
  /** The same for the names of domains. */
  readonly domains: readonly string[];
  /** Whether a request without the identity of a user is refused; never without a Grafana that vouches for one. */
  readonly requireIdentity: boolean;
}

/** The Grafana whose users come through its plugin proxy. */
export interface GrafanaConfig {
  readonly url: string;
  readonly jwksUrl: string;
  readonly issuer: string;
  /** Absent: any organisation. */
  readonly audience?: string;
}

/** `/api/v1`. */
export interface ApiConfig {
  /** No action is carried out, whatever the token. */
  readonly readOnly: boolean;
  /** Empty: the API is off. */
  readonly tokens: readonly TokenConfig[];
  readonly grafana?: GrafanaConfig;
  readonly rateLimit: { readonly requestsPerMinutePerToken: number; readonly failuresPerMinutePerAddress: number };
  /** IP addresses and networks whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
}

/** Least important first. */
export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const;
/** One of {@link LOG_LEVELS}. */
export type LogLevel = (typeof LOG_LEVELS)[number];

/** The whole configuration. */
export interface Config {
  /** Empty when none was configured: the caller then looks for the local daemon. */
  readonly hosts: readonly HostConfig[];
  readonly poll: PollConfig;
  /** What of a host is watched that has nothing of its own. */
  readonly watching: Watching;
  /** What of the domains' XML becomes labels. */
  readonly metadata: readonly LabelledPath[];
  readonly web: {
    readonly listenAddresses: readonly ListenAddress[];
    /** The web config file (TLS, users), which the room web reads. */
    readonly configFile?: string;
  };
  /** As the file said when the process started; see TokenFileWatcher in auth. */
  readonly api: ApiConfig;
  readonly console: ConsoleConfig;
  readonly log: { readonly level: LogLevel };
  /** The configuration file, if there is one. */
  readonly file?: string;
  /** `--demo`: add the simulated fleet. */
  readonly demo: boolean;
  /** What is allowed but probably not meant, one line each; for the log. */
  readonly warnings: readonly string[];
}
