using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Store;
using GpuGrants.Codes;
using GpuGrants.Trees;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Codes;

/// <summary>A code that somebody typed, with the batch that it is of.</summary>
/// <param name="Number">The code's number in it.</param>
internal sealed record FoundCode(CodeBatch Batch, int Number)
{
    public TreeId Tree => TreeId.Of(Batch.RootProgrammeId);

    /// <summary>Finds the code. One that does not exist counts as a guess.</summary>
    /// <param name="http">The call.</param>
    /// <param name="db">For reading.</param>
    /// <param name="code">As it was typed.</param>
    /// <param name="field">The field that has it.</param>
    /// <exception cref="ProblemException">There is no such code, or too many wrong ones came.</exception>
    public static async Task<FoundCode> FindAsync(HttpContext http, GpuGrantsContext db, string code, string field)
    {
        if (!GrantCode.TryParse(code, out var read))
            throw Problem.Invalid(field, CodeRules.Message);
        var guesses = http.RequestServices.GetRequiredService<CodeGuesses>();
        await guesses.CheckAsync(http);
        var lookup = http.RequestServices.GetRequiredService<CodeKey>().LookupOf(read);
        if (await db.Set<CodeRow>().FirstOrDefaultAsync(row => row.Lookup == lookup, http.RequestAborted) is not { } found)
        {
            await guesses.CountAsync(http);
            throw new ProblemException(
                Problem.Document(400, "code-wrong", "There is no such code. Compare it with what was printed.", field)
            );
        }

        var batch = await db.Set<CodeBatch>()
            .FirstAsync(row => row.RootProgrammeId == found.RootProgrammeId && row.Id == found.BatchId, http.RequestAborted);
        return new FoundCode(batch, found.Number);
    }
}
