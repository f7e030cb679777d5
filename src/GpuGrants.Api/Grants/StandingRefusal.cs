using GpuGrants.Api.Pipeline.Commands;

namespace GpuGrants.Api.Grants;

/// <summary>How it is told that a grant's standing allows no such change.</summary>
internal static class StandingRefusal
{
    /// <summary>The refusal. It says how the grant stands, and then what follows.</summary>
    /// <param name="grant">The grant.</param>
    /// <param name="code">The problem's code.</param>
    /// <param name="at">The business time of the grant's tree.</param>
    /// <param name="english">What follows from the standing: a sentence, or two.</param>
    /// <param name="korean">The same in Korean.</param>
    public static Refusal RefuseStanding(this Grant grant, string code, DateTimeOffset at, string english, string korean)
    {
        var standing = grant.StandingAt(at);
        return Refusal.Conflict(code, $"The grant is {standing}. {english}", "status") with
        {
            MessageKo = $"{GrantStatus.SentenceKo(standing)} {korean}",
        };
    }
}
