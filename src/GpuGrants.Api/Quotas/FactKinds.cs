using GpuGrants.Quotas;
using GpuGrants.Units;

namespace GpuGrants.Api.Quotas;

/// <summary>Facts as they are stored and read back.</summary>
public static class FactKinds
{
    private static readonly string[] Codes = ["requested", "held", "hold-released", "granted", "returned", "used", "grant-ended", "request-closed"];

    public static string Code(this QuotaFactKind kind) => Codes[(int)kind];

    public static QuotaFactRow ToRow(QuotaFact fact, Guid root, long eventSequence, int ordinal, Guid contextId) => new()
    {
        RootProgrammeId = root,
        EventSequence = eventSequence,
        Ordinal = ordinal,
        Kind = fact.Kind.Code(),
        ContextId = contextId,
        At = fact.At,
        CountsAt = fact.CountsAt,
        GpuSeconds = fact.Time.Seconds,
        Credits = fact.Credits.Units,
        Gpus = fact.Gpus,
        IsWhole = fact.IsWhole,
    };

    /// <exception cref="FormatException">The stored kind is unknown.</exception>
    public static QuotaFact FromRow(QuotaFactRow row)
    {
        var time = GpuTime.FromSeconds(row.GpuSeconds);
        var credits = Credits.FromUnits(row.Credits);
        return row.Kind switch
        {
            "requested" => QuotaFact.Requested(row.At),
            "held" => QuotaFact.Held(row.At, time, credits, row.Gpus),
            "hold-released" => QuotaFact.HoldReleased(row.At, row.CountsAt, time, credits, row.Gpus, row.IsWhole),
            "granted" => QuotaFact.Granted(row.At, row.CountsAt, time, credits, row.Gpus),
            "returned" => QuotaFact.Returned(row.At, row.CountsAt, time, credits),
            "used" => QuotaFact.Used(row.At, row.CountsAt, time),
            "grant-ended" => QuotaFact.GrantEnded(row.At, row.CountsAt, row.Gpus),
            "request-closed" => QuotaFact.RequestClosed(row.At, row.CountsAt),
            _ => throw new FormatException($"'{row.Kind}' is no kind of fact."),
        };
    }
}
