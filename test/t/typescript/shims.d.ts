// What the example uses of node and pg, where their own types are not to be had.
declare module 'pg' {
  export class Pool {
    constructor (options: { max: number })
    on (event: 'error', listener: (error: Error) => void): void
    query (config: { text: string; values: (string | null)[]; rowMode: 'array'; name?: string }): Promise<{ rows: any[][] }>
    end (): Promise<void>
  }
}
declare module 'node:crypto' {
  export function randomUUID (): string
}
declare const process: { argv: string[]; exitCode: number | undefined }
declare const console: { log (...values: unknown[]): void; error (...values: unknown[]): void }
declare function setTimeout (call: (value: unknown) => void, milliseconds: number): unknown
