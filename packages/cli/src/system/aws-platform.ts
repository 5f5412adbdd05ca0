import type { InvokeCommandOutput, LambdaClient } from '@aws-sdk/client-lambda';
import type { SFNClient } from '@aws-sdk/client-sfn';
import type { ControlError } from '@tenantry/tenancy';
import { CliError } from '../cli-error.ts';
import { exitCodes } from '../exit-codes.ts';
import { toCliError } from './control-failure.ts';
import { explainAwsError } from './explain-aws-error.ts';
import { functionOfAction } from './function-of-action.ts';
import type {
  ExecutionOutcome,
  Platform,
  PlatformAction,
  PlatformActions,
  PlatformPlace,
  WatchOptions,
} from './platform.ts';
import { watchExecution } from './watch-execution.ts';

/** Which system to talk to, and how the SDK's clients reach it. */
export interface AwsPlatformOptions extends PlatformPlace {
  readonly stage: string;
  /** Ends a call that is under way. */
  readonly signal: AbortSignal;
  /** PostgreSQL of a local system. @default - only the Data API leads to it */
  readonly postgres?: Platform['postgres'];
}

type Answer<Action extends PlatformAction> =
  | { readonly ok: true; readonly result: PlatformActions[Action]['result'] }
  | { readonly ok: false; readonly error: ControlError };

/** The platform behind the AWS SDK: an unmodified client, whether the endpoint is AWS or a laptop. */
export class AwsPlatform implements Platform {
  readonly stage: string;
  readonly region: string;
  readonly place: PlatformPlace;
  readonly postgres: Platform['postgres'];
  readonly #options: AwsPlatformOptions;
  #lambda: LambdaClient | undefined;
  #sfn: SFNClient | undefined;

  constructor(options: AwsPlatformOptions) {
    this.#options = options;
    this.stage = options.stage;
    this.region = options.region ?? 'default region';
    const { region, endpoint, credentials } = options;
    this.place = {
      ...(region === undefined ? {} : { region }),
      ...(endpoint === undefined ? {} : { endpoint }),
      ...(credentials === undefined ? {} : { credentials }),
    };
    this.postgres = options.postgres;
  }

  async call<Action extends PlatformAction>(
    action: Action,
    input: PlatformActions[Action]['input'],
  ): Promise<PlatformActions[Action]['result']> {
    const { InvokeCommand } = await import('@aws-sdk/client-lambda');
    const lambda = await this.#openLambda();
    const name = `tenantry-${this.stage}-${functionOfAction(action)}`;
    const payload = JSON.stringify({ action, input });
    const output = await lambda
      .send(new InvokeCommand({ FunctionName: name, Payload: payload }), {
        abortSignal: this.#options.signal,
      })
      .catch((error: unknown) => {
        throw explainAwsError(error, this);
      });
    const answer = parseAnswer<Action>(output, name);
    if (!answer.ok) throw toCliError(answer.error);
    return answer.result;
  }

  async watch(executionArn: string, options: WatchOptions): Promise<ExecutionOutcome> {
    const sfn = await this.#openSfn();
    try {
      return await watchExecution(sfn, executionArn, options);
    } catch (error) {
      throw explainAwsError(error, this);
    }
  }

  close(): void {
    this.#lambda?.destroy();
    this.#sfn?.destroy();
  }

  async #openLambda(): Promise<LambdaClient> {
    const { LambdaClient } = await import('@aws-sdk/client-lambda');
    return (this.#lambda ??= new LambdaClient(this.place));
  }

  async #openSfn(): Promise<SFNClient> {
    const { SFNClient } = await import('@aws-sdk/client-sfn');
    return (this.#sfn ??= new SFNClient(this.place));
  }
}

function parseAnswer<Action extends PlatformAction>(
  output: InvokeCommandOutput,
  functionName: string,
): Answer<Action> {
  const text = output.Payload?.transformToString() ?? '';
  if (output.FunctionError !== undefined) {
    throw new CliError('CONTROL_FAILED', 'A function of the system failed.', {
      exitCode: exitCodes.failed,
      where: functionName,
      why: describeFunctionError(text),
      next: [`look at the log of ${functionName}`],
    });
  }
  return JSON.parse(text) as Answer<Action>;
}

function describeFunctionError(payload: string): string {
  const { errorType, errorMessage } = JSON.parse(payload) as {
    errorType?: string;
    errorMessage?: string;
  };
  return `${errorType ?? 'Error'}: ${errorMessage ?? payload}`;
}
