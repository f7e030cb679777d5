using GpuGrants.Api.Pipeline.Batches;

namespace GpuGrants.Benchmarks.Measuring;

/// <summary>What the load process does: each caller has a connection of its own and sends its call again and again.</summary>
/// <param name="Port">Of the service on the loopback interface.</param>
/// <param name="Seconds">For so long.</param>
/// <param name="Calls">One a caller and turn: caller i sends i, i + callers, and so on, round and round.</param>
/// <param name="Callers">Connections.</param>
/// <param name="Usage">When given, each call reports a batch of usage on these grants instead of a body of its own.</param>
internal sealed record LoadPlan(int Port, int Seconds, int Callers, IReadOnlyList<LoadCall> Calls, UsageLoad? Usage = null);

/// <summary>A call that is repeated.</summary>
/// <param name="Method">GET or POST.</param>
/// <param name="Path">With its query.</param>
/// <param name="Token">The access token.</param>
/// <param name="Body">JSON; null for none. A call with a body gets a new idempotency key each time.</param>
internal sealed record LoadCall(string Method, string Path, string Token, string? Body);

/// <summary>Usage to report.</summary>
/// <param name="Grants">The grants charged.</param>
/// <param name="Batch">Records a call.</param>
/// <param name="GrantsPerBatch">Grants that share a batch.</param>
/// <param name="StartedAt">When the first use began.</param>
internal sealed record UsageLoad(IReadOnlyList<Guid> Grants, int Batch, int GrantsPerBatch, DateTimeOffset StartedAt);
