// Written by `deno task types`: do not edit.
// deno-lint-ignore-file

export type Json = string | number | boolean | null | {
  [key: string]: Json | undefined;
} | Json[];

export type Database = {
  "public": {
    Tables: {
      "auth_failures": {
        Row: {
          "bucket_start": string;
          "count": number;
          "endpoint": string;
          "id": number;
          "is_own": boolean;
          "reason": string;
          "recorded_in": unknown;
          "remote_ip": unknown;
          "sample": Json | null;
          "strategy_id": string | null;
          "told": number;
        };
        ComputedFields: never;
        Insert: {
          "bucket_start": string;
          "count": number;
          "endpoint": string;
          "id"?: never;
          "is_own"?: boolean;
          "reason": string;
          "recorded_in"?: unknown;
          "remote_ip"?: unknown;
          "sample"?: Json | null;
          "strategy_id"?: string | null;
          "told"?: number;
        };
        Update: {
          "bucket_start"?: string;
          "count"?: number;
          "endpoint"?: string;
          "id"?: never;
          "is_own"?: boolean;
          "reason"?: string;
          "recorded_in"?: unknown;
          "remote_ip"?: unknown;
          "sample"?: Json | null;
          "strategy_id"?: string | null;
          "told"?: number;
        };
        Relationships: [];
      };
      "dispatch_attempts": {
        Row: {
          "attempt": number;
          "dispatch_id": string;
          "duration_ms": number;
          "error": string | null;
          "started_at": string;
          "status_code": number | null;
        };
        ComputedFields: never;
        Insert: {
          "attempt": number;
          "dispatch_id": string;
          "duration_ms": number;
          "error"?: string | null;
          "started_at": string;
          "status_code"?: number | null;
        };
        Update: {
          "attempt"?: number;
          "dispatch_id"?: string;
          "duration_ms"?: number;
          "error"?: string | null;
          "started_at"?: string;
          "status_code"?: number | null;
        };
        Relationships: [];
      };
      "dispatches": {
        Row: {
          "attempts": number;
          "cancelled_by": string | null;
          "created_at": string;
          "delivered_at": string | null;
          "expires_at": string;
          "fence": number;
          "id": string;
          "is_close": boolean;
          "is_entry": boolean;
          "is_exit": boolean;
          "leased_until": string | null;
          "next_attempt_at": string;
          "reason": string | null;
          "replay_id": string | null;
          "role": string;
          "route_id": string | null;
          "sequence": number;
          "settled_at": string | null;
          "signal_id": string;
          "status": string;
          "strategy_id": string;
          "symbol": string;
          "target": string;
        };
        ComputedFields: never;
        Insert: {
          "attempts"?: number;
          "cancelled_by"?: string | null;
          "created_at"?: string;
          "delivered_at"?: string | null;
          "expires_at": string;
          "fence"?: number;
          "id"?: string;
          "is_close"?: never;
          "is_entry"?: never;
          "is_exit"?: never;
          "leased_until"?: string | null;
          "next_attempt_at"?: string;
          "reason"?: string | null;
          "replay_id"?: string | null;
          "role": string;
          "route_id"?: string | null;
          "sequence"?: never;
          "settled_at"?: string | null;
          "signal_id": string;
          "status"?: string;
          "strategy_id": string;
          "symbol": string;
          "target": string;
        };
        Update: {
          "attempts"?: number;
          "cancelled_by"?: string | null;
          "created_at"?: string;
          "delivered_at"?: string | null;
          "expires_at"?: string;
          "fence"?: number;
          "id"?: string;
          "is_close"?: never;
          "is_entry"?: never;
          "is_exit"?: never;
          "leased_until"?: string | null;
          "next_attempt_at"?: string;
          "reason"?: string | null;
          "replay_id"?: string | null;
          "role"?: string;
          "route_id"?: string | null;
          "sequence"?: never;
          "settled_at"?: string | null;
          "signal_id"?: string;
          "status"?: string;
          "strategy_id"?: string;
          "symbol"?: string;
          "target"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "dispatches_route_id_fkey";
            columns: ["route_id"];
            isOneToOne: false;
            referencedRelation: "routes";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "dispatches_signal_id_fkey";
            columns: ["signal_id"];
            isOneToOne: false;
            referencedRelation: "signals";
            referencedColumns: ["id"];
          },
          {
            foreignKeyName: "dispatches_strategy_id_fkey";
            columns: ["strategy_id"];
            isOneToOne: false;
            referencedRelation: "strategies";
            referencedColumns: ["id"];
          },
        ];
      };
      "incidents": {
        Row: {
          "acknowledged_at": string | null;
          "acknowledged_by": string | null;
          "count": number;
          "details": NonNullable<Json>;
          "first_count": number;
          "id": number;
          "is_quiet": boolean;
          "is_resolution_notified": boolean;
          "kind": string;
          "last_seen_at": string;
          "notified_level": number | null;
          "opened_at": string;
          "reopened_at": string | null;
          "reopens_until": string | null;
          "resolved_at": string | null;
          "status": string;
          "strategy_id": string | null;
          "subject": string;
        };
        ComputedFields: never;
        Insert: {
          "acknowledged_at"?: string | null;
          "acknowledged_by"?: string | null;
          "count"?: number;
          "details"?: NonNullable<Json>;
          "first_count"?: number;
          "id"?: never;
          "is_quiet"?: boolean;
          "is_resolution_notified"?: boolean;
          "kind": string;
          "last_seen_at"?: string;
          "notified_level"?: number | null;
          "opened_at"?: string;
          "reopened_at"?: string | null;
          "reopens_until"?: string | null;
          "resolved_at"?: string | null;
          "status"?: string;
          "strategy_id"?: string | null;
          "subject"?: string;
        };
        Update: {
          "acknowledged_at"?: string | null;
          "acknowledged_by"?: string | null;
          "count"?: number;
          "details"?: NonNullable<Json>;
          "first_count"?: number;
          "id"?: never;
          "is_quiet"?: boolean;
          "is_resolution_notified"?: boolean;
          "kind"?: string;
          "last_seen_at"?: string;
          "notified_level"?: number | null;
          "opened_at"?: string;
          "reopened_at"?: string | null;
          "reopens_until"?: string | null;
          "resolved_at"?: string | null;
          "status"?: string;
          "strategy_id"?: string | null;
          "subject"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "incidents_strategy_id_fkey";
            columns: ["strategy_id"];
            isOneToOne: false;
            referencedRelation: "strategies";
            referencedColumns: ["id"];
          },
        ];
      };
      "notifications": {
        Row: {
          "created_at": string;
          "id": number;
          "is_fanned_out": boolean;
          "private_text": string | null;
          "text": string;
        };
        ComputedFields: never;
        Insert: {
          "created_at"?: string;
          "id"?: never;
          "is_fanned_out"?: boolean;
          "private_text"?: string | null;
          "text": string;
        };
        Update: {
          "created_at"?: string;
          "id"?: never;
          "is_fanned_out"?: boolean;
          "private_text"?: string | null;
          "text"?: string;
        };
        Relationships: [];
      };
      "queue_outcomes": {
        Row: {
          "cancelled_by": string | null;
          "error": string | null;
          "id": number;
          "message_id": number;
          "outcome": string;
          "queue": string;
          "reads": number;
          "replayed_at": string | null;
          "result": Json | null;
          "settled_at": string;
          "signal_id": string;
          "strategy_id": string;
          "worker": string | null;
        };
        ComputedFields: never;
        Insert: {
          "cancelled_by"?: string | null;
          "error"?: string | null;
          "id"?: never;
          "message_id": number;
          "outcome": string;
          "queue": string;
          "reads": number;
          "replayed_at"?: string | null;
          "result"?: Json | null;
          "settled_at"?: string;
          "signal_id": string;
          "strategy_id": string;
          "worker"?: string | null;
        };
        Update: {
          "cancelled_by"?: string | null;
          "error"?: string | null;
          "id"?: never;
          "message_id"?: number;
          "outcome"?: string;
          "queue"?: string;
          "reads"?: number;
          "replayed_at"?: string | null;
          "result"?: Json | null;
          "settled_at"?: string;
          "signal_id"?: string;
          "strategy_id"?: string;
          "worker"?: string | null;
        };
        Relationships: [];
      };
      "router_settings": {
        Row: {
          "alert_storm_threshold": number;
          "audit_retention": string;
          "auth_failure_threshold": number;
          "backlog_threshold": string;
          "detected_url": string | null;
          "functions_url": string | null;
          "incident_quiet": string;
          "internal_url": string | null;
          "mode": Database["public"]["Enums"]["router_mode"];
          "phase": Database["public"]["Enums"]["router_phase"];
          "raw_body_retention": string;
          "require_https": boolean;
          "singleton": boolean;
          "universal_rate_limit_per_minute": number | null;
          "updated_at": string;
          "version": number;
          "webhook_secret": string;
        };
        ComputedFields: never;
        Insert: {
          "alert_storm_threshold"?: number;
          "audit_retention"?: string;
          "auth_failure_threshold"?: number;
          "backlog_threshold"?: string;
          "detected_url"?: string | null;
          "functions_url"?: string | null;
          "incident_quiet"?: string;
          "internal_url"?: string | null;
          "mode"?: Database["public"]["Enums"]["router_mode"];
          "phase"?: Database["public"]["Enums"]["router_phase"];
          "raw_body_retention"?: string;
          "require_https"?: boolean;
          "singleton"?: boolean;
          "universal_rate_limit_per_minute"?: number | null;
          "updated_at"?: string;
          "version"?: number;
          "webhook_secret"?: string;
        };
        Update: {
          "alert_storm_threshold"?: number;
          "audit_retention"?: string;
          "auth_failure_threshold"?: number;
          "backlog_threshold"?: string;
          "detected_url"?: string | null;
          "functions_url"?: string | null;
          "incident_quiet"?: string;
          "internal_url"?: string | null;
          "mode"?: Database["public"]["Enums"]["router_mode"];
          "phase"?: Database["public"]["Enums"]["router_phase"];
          "raw_body_retention"?: string;
          "require_https"?: boolean;
          "singleton"?: boolean;
          "universal_rate_limit_per_minute"?: number | null;
          "updated_at"?: string;
          "version"?: number;
          "webhook_secret"?: string;
        };
        Relationships: [];
      };
      "routes": {
        Row: {
          "actions": (string)[] | null;
          "created_at": string;
          "disabled_at": string | null;
          "enabled": boolean;
          "id": string;
          "intents": (string)[] | null;
          "is_gone": boolean;
          "kind": Database["public"]["Enums"]["route_kind"];
          "min_confidence": number | null;
          "send_secret_key": boolean;
          "strategy_id": string | null;
          "symbols": (string)[] | null;
          "target": string;
        };
        ComputedFields: never;
        Insert: {
          "actions"?: (string)[] | null;
          "created_at"?: string;
          "disabled_at"?: string | null;
          "enabled"?: boolean;
          "id"?: string;
          "intents"?: (string)[] | null;
          "is_gone"?: boolean;
          "kind"?: Database["public"]["Enums"]["route_kind"];
          "min_confidence"?: number | null;
          "send_secret_key"?: boolean;
          "strategy_id"?: string | null;
          "symbols"?: (string)[] | null;
          "target": string;
        };
        Update: {
          "actions"?: (string)[] | null;
          "created_at"?: string;
          "disabled_at"?: string | null;
          "enabled"?: boolean;
          "id"?: string;
          "intents"?: (string)[] | null;
          "is_gone"?: boolean;
          "kind"?: Database["public"]["Enums"]["route_kind"];
          "min_confidence"?: number | null;
          "send_secret_key"?: boolean;
          "strategy_id"?: string | null;
          "symbols"?: (string)[] | null;
          "target"?: string;
        };
        Relationships: [
          {
            foreignKeyName: "routes_strategy_id_fkey";
            columns: ["strategy_id"];
            isOneToOne: false;
            referencedRelation: "strategies";
            referencedColumns: ["id"];
          },
        ];
      };
      "signals": {
        Row: {
          "accepted_at": string | null;
          "action": string;
          "cancelled_by": string | null;
          "confidence": number | null;
          "correlation_id": string;
          "direction": string | null;
          "endpoint": string;
          "exchange": string | null;
          "expires_at": string;
          "external_id": string | null;
          "fired_at": string | null;
          "id": string;
          "intent": string | null;
          "is_test": boolean;
          "payload": NonNullable<Json>;
          "price": number | null;
          "quantity": number | null;
          "received_at": string;
          "recorded_in": unknown;
          "reduced_from": string | null;
          "request_id": string;
          "routes": (string)[];
          "status": string;
          "strategy_id": string;
          "symbol": string | null;
          "timeframe": string | null;
        };
        ComputedFields: never;
        Insert: {
          "accepted_at"?: string | null;
          "action": string;
          "cancelled_by"?: string | null;
          "confidence"?: number | null;
          "correlation_id": string;
          "direction"?: string | null;
          "endpoint"?: string;
          "exchange"?: string | null;
          "expires_at": string;
          "external_id"?: string | null;
          "fired_at"?: string | null;
          "id": string;
          "intent"?: string | null;
          "is_test"?: boolean;
          "payload": NonNullable<Json>;
          "price"?: number | null;
          "quantity"?: number | null;
          "received_at": string;
          "recorded_in"?: unknown;
          "reduced_from"?: string | null;
          "request_id": string;
          "routes"?: (string)[];
          "status": string;
          "strategy_id": string;
          "symbol"?: string | null;
          "timeframe"?: string | null;
        };
        Update: {
          "accepted_at"?: string | null;
          "action"?: string;
          "cancelled_by"?: string | null;
          "confidence"?: number | null;
          "correlation_id"?: string;
          "direction"?: string | null;
          "endpoint"?: string;
          "exchange"?: string | null;
          "expires_at"?: string;
          "external_id"?: string | null;
          "fired_at"?: string | null;
          "id"?: string;
          "intent"?: string | null;
          "is_test"?: boolean;
          "payload"?: NonNullable<Json>;
          "price"?: number | null;
          "quantity"?: number | null;
          "received_at"?: string;
          "recorded_in"?: unknown;
          "reduced_from"?: string | null;
          "request_id"?: string;
          "routes"?: (string)[];
          "status"?: string;
          "strategy_id"?: string;
          "symbol"?: string | null;
          "timeframe"?: string | null;
        };
        Relationships: [
          {
            foreignKeyName: "signals_strategy_id_fkey";
            columns: ["strategy_id"];
            isOneToOne: false;
            referencedRelation: "strategies";
            referencedColumns: ["id"];
          },
        ];
      };
      "strategies": {
        Row: {
          "aliases": (string)[];
          "allowed_ips": (unknown)[];
          "auth_methods": (Database["public"]["Enums"]["auth_method"])[];
          "created_at": string;
          "dedupe_by": Database["public"]["Enums"]["dedupe_by"];
          "dedupe_window": string;
          "expected_calendar": Json | null;
          "expected_every": string | null;
          "id": string;
          "jwks": Json | null;
          "max_alert_lag": string | null;
          "max_exit_age": string;
          "max_signal_age": string;
          "name": string;
          "over_limit": Database["public"]["Enums"]["over_limit"];
          "payload_schema": Json | null;
          "rate_limit_per_minute": number | null;
          "routing": Database["public"]["Enums"]["strategy_routing"];
          "shared_routes": boolean;
          "sides": Database["public"]["Enums"]["strategy_sides"];
          "slug": string;
          "status": Database["public"]["Enums"]["strategy_status"];
          "thresholds": Json | null;
          "updated_at": string;
          "version": number;
          "webhook_secret": string;
        };
        ComputedFields: never;
        Insert: {
          "aliases"?: (string)[];
          "allowed_ips"?: (unknown)[];
          "auth_methods"?: (Database["public"]["Enums"]["auth_method"])[];
          "created_at"?: string;
          "dedupe_by"?: Database["public"]["Enums"]["dedupe_by"];
          "dedupe_window"?: string;
          "expected_calendar"?: Json | null;
          "expected_every"?: string | null;
          "id"?: string;
          "jwks"?: Json | null;
          "max_alert_lag"?: string | null;
          "max_exit_age"?: string;
          "max_signal_age"?: string;
          "name": string;
          "over_limit"?: Database["public"]["Enums"]["over_limit"];
          "payload_schema"?: Json | null;
          "rate_limit_per_minute"?: number | null;
          "routing"?: Database["public"]["Enums"]["strategy_routing"];
          "shared_routes"?: boolean;
          "sides"?: Database["public"]["Enums"]["strategy_sides"];
          "slug"?: string;
          "status"?: Database["public"]["Enums"]["strategy_status"];
          "thresholds"?: Json | null;
          "updated_at"?: string;
          "version"?: number;
          "webhook_secret"?: string;
        };
        Update: {
          "aliases"?: (string)[];
          "allowed_ips"?: (unknown)[];
          "auth_methods"?: (Database["public"]["Enums"]["auth_method"])[];
          "created_at"?: string;
          "dedupe_by"?: Database["public"]["Enums"]["dedupe_by"];
          "dedupe_window"?: string;
          "expected_calendar"?: Json | null;
          "expected_every"?: string | null;
          "id"?: string;
          "jwks"?: Json | null;
          "max_alert_lag"?: string | null;
          "max_exit_age"?: string;
          "max_signal_age"?: string;
          "name"?: string;
          "over_limit"?: Database["public"]["Enums"]["over_limit"];
          "payload_schema"?: Json | null;
          "rate_limit_per_minute"?: number | null;
          "routing"?: Database["public"]["Enums"]["strategy_routing"];
          "shared_routes"?: boolean;
          "sides"?: Database["public"]["Enums"]["strategy_sides"];
          "slug"?: string;
          "status"?: Database["public"]["Enums"]["strategy_status"];
          "thresholds"?: Json | null;
          "updated_at"?: string;
          "version"?: number;
          "webhook_secret"?: string;
        };
        Relationships: [];
      };
      "strategy_events": {
        Row: {
          "actor": string;
          "details": NonNullable<Json>;
          "event": string;
          "id": number;
          "occurred_at": string;
          "recorded_in": unknown;
          "strategy_id": string | null;
        };
        ComputedFields: never;
        Insert: {
          "actor"?: string;
          "details"?: NonNullable<Json>;
          "event": string;
          "id"?: never;
          "occurred_at"?: string;
          "recorded_in"?: unknown;
          "strategy_id"?: string | null;
        };
        Update: {
          "actor"?: string;
          "details"?: NonNullable<Json>;
          "event"?: string;
          "id"?: never;
          "occurred_at"?: string;
          "recorded_in"?: unknown;
          "strategy_id"?: string | null;
        };
        Relationships: [];
      };
      "webhook_overflow": {
        Row: {
          "bucket_start": string;
          "code": string | null;
          "count": number;
          "fault": string | null;
          "id": number;
          "outcome": string;
          "strategy_id": string | null;
        };
        ComputedFields: never;
        Insert: {
          "bucket_start": string;
          "code"?: string | null;
          "count": number;
          "fault"?: string | null;
          "id"?: never;
          "outcome": string;
          "strategy_id"?: string | null;
        };
        Update: {
          "bucket_start"?: string;
          "code"?: string | null;
          "count"?: number;
          "fault"?: string | null;
          "id"?: never;
          "outcome"?: string;
          "strategy_id"?: string | null;
        };
        Relationships: [];
      };
      "webhook_requests": {
        Row: {
          "auth_method": string | null;
          "code": string | null;
          "correlation_id": string;
          "duration_ms": number;
          "endpoint": string;
          "id": string;
          "outcome": string;
          "problem": Json | null;
          "raw_body": string | null;
          "received_at": string;
          "recorded_in": unknown;
          "remote_ip": unknown;
          "repaired": boolean;
          "signal_id": string | null;
          "strategy_id": string | null;
        };
        ComputedFields: never;
        Insert: {
          "auth_method"?: string | null;
          "code"?: string | null;
          "correlation_id": string;
          "duration_ms": number;
          "endpoint": string;
          "id": string;
          "outcome": string;
          "problem"?: Json | null;
          "raw_body"?: string | null;
          "received_at": string;
          "recorded_in"?: unknown;
          "remote_ip"?: unknown;
          "repaired"?: boolean;
          "signal_id"?: string | null;
          "strategy_id"?: string | null;
        };
        Update: {
          "auth_method"?: string | null;
          "code"?: string | null;
          "correlation_id"?: string;
          "duration_ms"?: number;
          "endpoint"?: string;
          "id"?: string;
          "outcome"?: string;
          "problem"?: Json | null;
          "raw_body"?: string | null;
          "received_at"?: string;
          "recorded_in"?: unknown;
          "remote_ip"?: unknown;
          "repaired"?: boolean;
          "signal_id"?: string | null;
          "strategy_id"?: string | null;
        };
        Relationships: [];
      };
      "workers": {
        Row: {
          "allowed_ips": (unknown)[];
          "can": (string)[];
          "created_at": string;
          "expires_at": string | null;
          "id": string;
          "name": string;
          "queues": (string)[];
        };
        ComputedFields: never;
        Insert: {
          "allowed_ips"?: (unknown)[];
          "can"?: (string)[];
          "created_at"?: string;
          "expires_at"?: string | null;
          "id"?: string;
          "name": string;
          "queues": (string)[];
        };
        Update: {
          "allowed_ips"?: (unknown)[];
          "can"?: (string)[];
          "created_at"?: string;
          "expires_at"?: string | null;
          "id"?: string;
          "name"?: string;
          "queues"?: (string)[];
        };
        Relationships: [];
      };
    };
    Views: {
      "dispatch_backlog": {
        Row: {
          "kind": Database["public"]["Enums"]["route_kind"];
          "next_attempt_at": string | null;
          "oldest": string | null;
          "pending": number | null;
          "retrying": number | null;
          "strategy": string;
          "target": string | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "dispatch_latency": {
        Row: {
          "delivered": number | null;
          "fired_to_received_s": (number)[] | null;
          "hour": string | null;
          "received_to_stored_s": (number)[] | null;
          "stored_to_delivered_s": (number)[] | null;
          "strategy": string;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "phase_progress": {
        Row: {
          "dedicated_7d": number | null;
          "last_dedicated": string | null;
          "last_universal": string | null;
          "name": string;
          "routing": Database["public"]["Enums"]["strategy_routing"];
          "slug": string;
          "status": Database["public"]["Enums"]["strategy_status"];
          "universal_7d": number | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "signal_outcomes": {
        Row: {
          "at": string | null;
          "cancelled_by": string | null;
          "error": string | null;
          "outcome": string | null;
          "replay_id": string | null;
          "result": Json | null;
          "route": string | null;
          "signal_id": string | null;
          "strategy_id": string | null;
          "tries": number | null;
          "worker": string | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
      "strategy_endpoints": {
        Row: {
          "name": string;
          "slug": string;
          "status": Database["public"]["Enums"]["strategy_status"];
          "url": string | null;
        };
        ComputedFields: never;
        Relationships: [];
      };
    };
    Functions: {
      "acknowledge_incident": {
        Args: { "actor"?: string; "id": number };
        Returns: Json;
      };
      "add_route": {
        Args: { "actor"?: string; "name": string; "settings": Json };
        Returns: Json;
      };
      "change_route": {
        Args: {
          "actor"?: string;
          "id": string;
          "name": string;
          "settings": Json;
        };
        Returns: Json;
      };
      "claim_dispatches": {
        Args: {
          "lease_seconds"?: number;
          "per_route"?: number;
          "quantity": number;
        };
        Returns: Json;
      };
      "claim_notifications": {
        Args: { "channels": (string)[] };
        Returns: Json;
      };
      "claim_signals": {
        Args: {
          "lease"?: string;
          "quantity"?: number;
          "queue": string;
          "tests"?: boolean;
          "worker": string;
        };
        Returns: {
          "message": Json;
          "message_id": number;
          "receipt": number;
        }[];
      };
      "complete_signal": {
        Args: {
          "message_id": number;
          "queue": string;
          "receipt": number;
          "result"?: Json;
        };
        Returns: boolean;
      };
      "count_claimable": { Args: { "waits": Json }; Returns: Json };
      "create_worker": {
        Args: {
          "actor"?: string;
          "allowed_ips"?: (unknown)[];
          "can"?: (string)[];
          "expires_at"?: string;
          "name": string;
          "queues": (string)[];
        };
        Returns: Json;
      };
      "delete_route": {
        Args: { "actor"?: string; "id": string; "name": string };
        Returns: Json;
      };
      "delete_worker": {
        Args: { "actor"?: string; "id": string };
        Returns: undefined;
      };
      "deliver_test": {
        Args: { "routes": (string)[]; "signal_id": string };
        Returns: Json;
      };
      "diagnose": { Args: { "probe"?: number }; Returns: Json };
      "end_doctor": { Args: { "actor"?: string }; Returns: undefined };
      "explain_signal": {
        Args: { "endpoint": string; "name": string; "signal": Json };
        Returns: Json;
      };
      "explain_token": { Args: { "digest": string }; Returns: Json };
      "extend_signal": {
        Args: {
          "lease"?: string;
          "message_id": number;
          "queue": string;
          "receipt": number;
        };
        Returns: Json;
      };
      "fail_signal": {
        Args: {
          "error": string;
          "message_id": number;
          "queue": string;
          "receipt": number;
          "retry_in"?: string;
        };
        Returns: string;
      };
      "find_metrics_key": {
        Args: { "key_digests": (string)[] };
        Returns: (string)[];
      };
      "find_similar_names": { Args: { "names": (string)[] }; Returns: Json };
      "find_worker_keys": {
        Args: { "key_digests": (string)[] };
        Returns: (string)[];
      };
      "ingest": { Args: { "alerts": Json; "urls"?: Json }; Returns: Json };
      "list_alerts": {
        Args: { "before"?: Json; "filter"?: Json; "quantity"?: number };
        Returns: Json;
      };
      "list_incidents": { Args: Record<PropertyKey, never>; Returns: Json };
      "list_signals": {
        Args: { "quantity"?: number; "strategy"?: string };
        Returns: Json;
      };
      "list_strategies": { Args: Record<PropertyKey, never>; Returns: Json };
      "list_workers": { Args: Record<PropertyKey, never>; Returns: Json };
      "patch_strategy": {
        Args: { "actor"?: string; "name": string; "settings": Json };
        Returns: Json;
      };
      "probe_dispatch": { Args: Record<PropertyKey, never>; Returns: number };
      "read_activity": { Args: { "minutes"?: number }; Returns: Json };
      "read_audit": {
        Args: { "after"?: Json; "at_most"?: number; "strategy": string };
        Returns: Json;
      };
      "read_backlog": { Args: Record<PropertyKey, never>; Returns: Json };
      "read_catalog": { Args: { "names": (string)[] }; Returns: Json };
      "read_day": { Args: Record<PropertyKey, never>; Returns: Json };
      "read_doctor_kit": { Args: Record<PropertyKey, never>; Returns: Json };
      "read_kit": { Args: { "name": string }; Returns: Json };
      "read_metrics": { Args: Record<PropertyKey, never>; Returns: Json };
      "read_metrics_key": { Args: Record<PropertyKey, never>; Returns: string };
      "read_mode": { Args: Record<PropertyKey, never>; Returns: Json };
      "read_overview": { Args: Record<PropertyKey, never>; Returns: Json };
      "read_runbook": { Args: Record<PropertyKey, never>; Returns: Json };
      "read_test": { Args: { "signal_id": string }; Returns: Json };
      "read_wake_key": { Args: Record<PropertyKey, never>; Returns: string };
      "read_watches": { Args: Record<PropertyKey, never>; Returns: Json };
      "record_auth_failures": {
        Args: { "failures": Json; "flush"?: number; "isolate_id"?: string };
        Returns: undefined;
      };
      "register_strategy": {
        Args: { "actor"?: string; "settings": Json };
        Returns: Json;
      };
      "reject_signal": {
        Args: {
          "message_id": number;
          "queue": string;
          "reason": string;
          "receipt": number;
        };
        Returns: boolean;
      };
      "replay_signals": {
        Args: {
          "actor"?: string;
          "at_most"?: number;
          "from_time"?: string;
          "replay_id"?: string;
          "signal_ids"?: (string)[];
          "status"?: string;
          "strategy"?: string;
          "to_time"?: string;
        };
        Returns: Json;
      };
      "report_urls": {
        Args: {
          "detected_url": string;
          "internal_url": string;
          "overwrite"?: boolean;
        };
        Returns: undefined;
      };
      "reveal_strategy": {
        Args: { "slug": string };
        Returns: {
          "dedicated_url": string;
          "indicator_message": string;
          "message": string;
          "name": string;
          "secret": string;
          "token": string;
          "universal_token": string;
          "universal_url": string;
        }[];
      };
      "revoke_old_secret": {
        Args: { "actor"?: string; "slug": string };
        Returns: boolean;
      };
      "revoke_old_universal_secret": {
        Args: { "actor"?: string };
        Returns: boolean;
      };
      "revoke_worker_key": {
        Args: { "actor"?: string; "id": string };
        Returns: boolean;
      };
      "rotate_metrics_key": { Args: { "actor"?: string }; Returns: string };
      "rotate_secret": {
        Args: { "actor"?: string; "name": string; "overlap_seconds"?: number };
        Returns: string;
      };
      "rotate_universal_secret": {
        Args: { "actor"?: string; "overlap_seconds"?: number };
        Returns: string;
      };
      "rotate_worker_key": {
        Args: { "actor"?: string; "id": string; "overlap_seconds"?: number };
        Returns: Json;
      };
      "set_mode": {
        Args: {
          "actor"?: string;
          "mode": Database["public"]["Enums"]["router_mode"];
        };
        Returns: Json;
      };
      "set_phase": {
        Args: {
          "actor"?: string;
          "force"?: boolean;
          "phase": Database["public"]["Enums"]["router_phase"];
        };
        Returns: Json;
      };
      "settle_dispatches": { Args: { "results": Json }; Returns: Json };
      "settle_notification": {
        Args: { "channel": string; "error"?: string; "id": number };
        Returns: undefined;
      };
      "show_strategy": { Args: { "name": string }; Returns: Json };
      "show_universal": { Args: { "reveal"?: boolean }; Returns: Json };
      "start_doctor": { Args: { "actor"?: string }; Returns: string };
      "trace_alert": { Args: { "id": string }; Returns: Json };
      "worker_claim": {
        Args: {
          "claim_id"?: string;
          "key_digest": string;
          "lease_seconds": number;
          "quantity": number;
          "queue"?: string;
          "remote_ip": unknown;
          "tests": boolean;
        };
        Returns: Json;
      };
      "worker_heartbeat": {
        Args: {
          "key_digest": string;
          "remote_ip": unknown;
          "version"?: string;
        };
        Returns: Json;
      };
      "worker_settle": {
        Args: {
          "call": string;
          "details": Json;
          "key_digest": string;
          "message_id": number;
          "queue": string;
          "receipt": number;
          "remote_ip": unknown;
        };
        Returns: Json;
      };
    };
    Enums: {
      "auth_method": "token" | "hmac" | "jwt";
      "dedupe_by": "body" | "external_id";
      "over_limit": "hold" | "reject";
      "route_kind": "queue" | "function" | "http";
      "router_mode": "active" | "exits_only" | "paused";
      "router_phase": "universal" | "hybrid" | "automated";
      "strategy_routing": "universal" | "dedicated" | "both";
      "strategy_sides": "both" | "long_only" | "short_only";
      "strategy_status": "active" | "paused" | "exits_only" | "archived";
    };
    CompositeTypes: {
      [_ in never]: never;
    };
  };
};

type DatabaseWithoutInternals = Omit<Database, "__InternalSupabase">;

type DefaultSchema =
  DatabaseWithoutInternals[Extract<keyof Database, "public">];

export type Tables<
  DefaultSchemaTableNameOrOptions extends
    | keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  } ? keyof (
      & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]][
        "Tables"
      ]
      & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]][
        "Views"
      ]
    )
    : never = never,
> = DefaultSchemaTableNameOrOptions extends
  { schema: keyof DatabaseWithoutInternals } ? (
    & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]][
      "Tables"
    ]
    & DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]][
      "Views"
    ]
  )[TableName] extends {
    Row: infer R;
  } ? R
  : never
  : DefaultSchemaTableNameOrOptions extends
    keyof (DefaultSchema["Tables"] & DefaultSchema["Views"])
    ? (DefaultSchema["Tables"] & DefaultSchema["Views"])[
      DefaultSchemaTableNameOrOptions
    ] extends {
      Row: infer R;
    } ? R
    : never
  : never;

export type TablesInsert<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]][
      "Tables"
    ]
    : never = never,
> = DefaultSchemaTableNameOrOptions extends
  { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]][
    "Tables"
  ][TableName] extends {
    Insert: infer I;
  } ? I
  : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Insert: infer I;
    } ? I
    : never
  : never;

export type TablesUpdate<
  DefaultSchemaTableNameOrOptions extends
    | keyof DefaultSchema["Tables"]
    | { schema: keyof DatabaseWithoutInternals },
  TableName extends DefaultSchemaTableNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]][
      "Tables"
    ]
    : never = never,
> = DefaultSchemaTableNameOrOptions extends
  { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaTableNameOrOptions["schema"]][
    "Tables"
  ][TableName] extends {
    Update: infer U;
  } ? U
  : never
  : DefaultSchemaTableNameOrOptions extends keyof DefaultSchema["Tables"]
    ? DefaultSchema["Tables"][DefaultSchemaTableNameOrOptions] extends {
      Update: infer U;
    } ? U
    : never
  : never;

export type Enums<
  DefaultSchemaEnumNameOrOptions extends
    | keyof DefaultSchema["Enums"]
    | { schema: keyof DatabaseWithoutInternals },
  EnumName extends DefaultSchemaEnumNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]][
      "Enums"
    ]
    : never = never,
> = DefaultSchemaEnumNameOrOptions extends
  { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[DefaultSchemaEnumNameOrOptions["schema"]]["Enums"][
    EnumName
  ]
  : DefaultSchemaEnumNameOrOptions extends keyof DefaultSchema["Enums"]
    ? DefaultSchema["Enums"][DefaultSchemaEnumNameOrOptions]
  : never;

export type CompositeTypes<
  PublicCompositeTypeNameOrOptions extends
    | keyof DefaultSchema["CompositeTypes"]
    | { schema: keyof DatabaseWithoutInternals },
  CompositeTypeName extends PublicCompositeTypeNameOrOptions extends {
    schema: keyof DatabaseWithoutInternals;
  }
    ? keyof DatabaseWithoutInternals[
      PublicCompositeTypeNameOrOptions["schema"]
    ]["CompositeTypes"]
    : never = never,
> = PublicCompositeTypeNameOrOptions extends
  { schema: keyof DatabaseWithoutInternals }
  ? DatabaseWithoutInternals[PublicCompositeTypeNameOrOptions["schema"]][
    "CompositeTypes"
  ][CompositeTypeName]
  : PublicCompositeTypeNameOrOptions extends
    keyof DefaultSchema["CompositeTypes"]
    ? DefaultSchema["CompositeTypes"][PublicCompositeTypeNameOrOptions]
  : never;

export const Constants = {
  "public": {
    Enums: {
      "auth_method": ["token", "hmac", "jwt"],
      "dedupe_by": ["body", "external_id"],
      "over_limit": ["hold", "reject"],
      "route_kind": ["queue", "function", "http"],
      "router_mode": ["active", "exits_only", "paused"],
      "router_phase": ["universal", "hybrid", "automated"],
      "strategy_routing": ["universal", "dedicated", "both"],
      "strategy_sides": ["both", "long_only", "short_only"],
      "strategy_status": ["active", "paused", "exits_only", "archived"],
    },
  },
} as const;
