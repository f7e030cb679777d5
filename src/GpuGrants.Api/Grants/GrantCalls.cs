using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Pipeline;

namespace GpuGrants.Api.Grants;

/// <summary>What calls that change a grant share: the answer, and the dry run.</summary>
internal static class GrantCalls
{
    /// <summary>The query parameter that asks what would happen.</summary>
    public const string DryRun = "dryRun";

    /// <summary>Carries the command out and shows the grant. With <c>dryRun=true</c> it shows what the grant would be, and writes
    /// nothing.</summary>
    /// <param name="http">The call.</param>
    /// <param name="command">What to do.</param>
    /// <param name="language">Of an operation that speaks; null for all others.</param>
    public static async Task<IResult> ChangeAsync(this HttpContext http, GrantCommand command, string? language = null)
    {
        if (http.Flag(DryRun) != true)
            return await http.RunAsync(command, row => Render(GrantView.Of(row)));
        var decided = await http.RequestServices.GetRequiredService<DryRuns>().DecideAsync(command, http.RequestAborted);
        var outcome = language is null ? decided : decided.In(language);
        return new AnswerResult(
            outcome.TryGet(out var grant, out var refusal) ? Render(GrantView.Of(grant) with { DryRun = true }) : Problem.Of(refusal)
        );

        Answer Render(GrantView view) => Http.Answers.Ok(view, view.Version) with { Language = language };
    }
}
