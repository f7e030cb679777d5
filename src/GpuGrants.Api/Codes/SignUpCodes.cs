using GpuGrants.Api.Access;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Json;
using GpuGrants.Api.People;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Pipeline.Batches;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Requests.Lifecycle;
using GpuGrants.Api.Store;
using GpuGrants.Api.Terms;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Codes;

/// <summary>Signing up with a code: the code is looked at when the sign-up begins, and redeemed when the address is confirmed.</summary>
internal sealed class SignUpCodes(CallerDirectory callers, DecisionPipeline pipeline) : ISignUpCodes
{
    public async Task<IReadOnlyList<Guid>> AdmitAsync(HttpContext http, GpuGrantsContext db, string code)
    {
        var found = await FoundCode.FindAsync(http, db, code, Field);
        if (
            found.Batch.Status == CodeBatch.Ended
            || http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow() >= found.Batch.RedeemBy
        )
            throw Problem.Thrown(Refusal.Conflict("code-expired", "The code has expired. Ask for a new code.", Field));
        if (await IsSpentAsync(db, found, http.RequestAborted))
            throw Problem.Thrown(Refusal.Conflict("code-used", "The code was redeemed already. Ask for a new code.", Field));
        var path = await db.Set<Programme>()
            .Where(row => row.Id == found.Batch.ProgrammeId)
            .Select(row => row.Path)
            .FirstAsync(http.RequestAborted);
        return await PlatformTerms.IdsAsync(db, path, http.RequestAborted);
    }

    public async Task<SignUpRedemptionView> RedeemAsync(HttpContext http, GpuGrantsContext db, SignedUpView made, string code)
    {
        try
        {
            var found = await FoundCode.FindAsync(http, db, code, Field);
            var caller =
                await callers.OfClientAsync(made.Client.ClientId, made.Client.Scopes, onlyReads: false, http.RequestAborted)
                ?? throw new AuthorityChangedException();
            var outcome = await pipeline.ExecuteAsync(
                CodeCalls.Redeem(http, found, caller, made.Organization.Id, null),
                CancellationToken.None
            );
            return outcome.TryGet(out var redeemed, out var refusal) && redeemed.Decided is { } decided
                ? Shown(decided)
                : Refused(refusal?.Code ?? "code-used", refusal?.Message ?? "You redeemed the code before. Read your requests.");
        }
        catch (ProblemException refused)
        {
            return Refused(refused.Document.Code, refused.Document.Detail);
        }
        catch (AuthorityChangedException)
        {
            return Refused("changed-meanwhile", "Your roles changed at the same moment. Redeem the code: POST /v1/code-redemptions.");
        }
        catch (PipelineUnavailableException away)
        {
            return Refused(away.Code, "The service could not redeem the code now. Redeem it: POST /v1/code-redemptions.");
        }
        catch (Exception failure) when (Transient.Is(failure) || failure is OperationCanceledException)
        {
            // The sign-up is committed: its answer has the secret, which is shown once.
            return Refused("not-redeemed", "The service could not redeem the code now. Redeem it: POST /v1/code-redemptions.");
        }
    }

    private const string Field = "grantCode";

    private static Task<bool> IsSpentAsync(GpuGrantsContext db, FoundCode found, CancellationToken cancellation) =>
        db.Set<CodeRow>()
            .AnyAsync(
                row =>
                    row.RootProgrammeId == found.Batch.RootProgrammeId
                    && row.BatchId == found.Batch.Id
                    && row.Number == found.Number
                    && row.RequestId != null,
                cancellation
            );

    private static SignUpRedemptionView Shown(RequestDecided decided) =>
        new()
        {
            Status = decided.Request.Status,
            RequestId = decided.Request.Id,
            GrantId = decided.Grant?.Id,
            GpuHours = Wire.Hours(decided.Request.GpuSeconds),
            ExpiresAt = decided.Grant?.ExpiresAt,
            Code = decided.Explanation.Reasons is [var first, ..] ? first.Code : null,
            Message = decided.Explanation.Reasons is [var reason, ..] ? reason.Message : null,
        };

    private static SignUpRedemptionView Refused(string code, string? message) =>
        new()
        {
            Status = SignUpRedemptionView.Refused,
            Code = code,
            Message = message,
        };
}
