using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Idempotency;

namespace GpuGrants.Api.Grants;

/// <summary>What calls that change a grant share: the answer, and the dry run.</summary>
internal static class GrantCalls
{
    /// <summary>Carries the command out and shows the grant. With <c>dryRun=true</c> it shows what the grant would be, and writes
    /// nothing.</summary>
    /// <param name="http">The call.</param>
    /// <param name="command">What to do.</param>
    /// <param name="language">Of an operation that speaks; null for all others.</param>
    public static async Task<IResult> ChangeAsync(this HttpContext http, GrantCommand command, string? language = null)
    {
        return http.IsDryRun()
            ? await http.DryRunAsync(command, language, grant => new(Render(GrantView.Of(grant) with { DryRun = true })))
            : await http.RunAsync(command, row => Render(GrantView.Of(row)));

        Answer Render(GrantView view) => Answer.Ok(view, view.Version) with { Language = language };
    }
}
