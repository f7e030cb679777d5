using GpuGrants.Api.Access;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Json;
using GpuGrants.Api.People;
using GpuGrants.Api.Pipeline;
using GpuGrants.Api.Pipeline.Batches;
using GpuGrants.Api.Pipeline.Commands;
using GpuGrants.Api.Requests.Lifecycle;
using GpuGrants.Api.Store;
using GpuGrants.Api.Terms;
using GpuGrants.Api.Wording;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Codes;

/// <summary>Signing up with a code: the code is looked at when the sign-up begins, and redeemed when the address is confirmed.</summary>
internal sealed class SignUpCodes(CallerDirectory callers, DecisionPipeline pipeline) : ISignUpCodes
{
    public async Task<IReadOnlyList<Guid>> AdmitAsync(HttpContext http, GpuGrantsContext db, string code)
    {
        var found = await FoundCode.FindAsync(http, db, code, Field);
        if (found.Batch.IsOverAt(http.Now()))
            throw Problem.Thrown(RedeemCode.Expired(Field));
        if (await IsSpentAsync(db, found, http.RequestAborted))
            throw Problem.Thrown(RedeemCode.Used(Field));
        var path = await db.Set<Programme>()
            .Where(row => row.Id == found.Batch.ProgrammeId)
            .Select(row => row.Path)
            .FirstAsync(http.RequestAborted);
        return await PlatformTerms.IdsAsync(db, path, http.RequestAborted);
    }

    public async Task<SignUpRedemptionView> RedeemAsync(HttpContext http, GpuGrantsContext db, SignedUpView made, string code)
    {
        // Who states no language with the call stated one at the sign-up.
        var language = http.Request.Headers.AcceptLanguage.Count > 0 ? http.Language() : made.Person.Language;
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
            if (!outcome.TryGet(out var redeemed, out var refusal))
                return Refused(refusal.Code, refusal.In(language).Message);
            return redeemed.Decided is { } decided ? Shown(decided, language) : Before(language);
        }
        catch (ProblemException refused)
        {
            return Refused(refused.Document.Code, refused.Document.In(language).Detail);
        }
        catch (AuthorityChangedException)
        {
            return Refused(
                "changed-meanwhile",
                language == Korean.Language
                    ? "같은 순간에 권한이 변경되었습니다. 코드를 다시 사용해 주십시오: POST /v1/code-redemptions."
                    : "Your roles changed at the same moment. Redeem the code: POST /v1/code-redemptions."
            );
        }
        catch (PipelineUnavailableException away)
        {
            return Refused(away.Code, NotNow(language));
        }
        catch (Exception failure) when (Transient.Is(failure) || failure is OperationCanceledException)
        {
            // The sign-up is committed: its answer has the secret, which is shown once.
            return Refused("not-redeemed", NotNow(language));
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

    private static string NotNow(string language) =>
        language == Korean.Language
            ? "지금은 코드를 사용하지 못했습니다. 나중에 다시 사용해 주십시오: POST /v1/code-redemptions."
            : "The service could not redeem the code now. Redeem it: POST /v1/code-redemptions.";

    private static SignUpRedemptionView Before(string language) =>
        Refused(
            "code-used",
            language == Korean.Language
                ? "이 코드는 이전에 사용하셨습니다. 신청 목록을 확인해 주십시오."
                : "You redeemed the code before. Read your requests."
        );

    private static SignUpRedemptionView Shown(RequestDecided decided, string language) =>
        new()
        {
            Status = decided.Request.Status,
            RequestId = decided.Request.Id,
            GrantId = decided.Grant?.Id,
            GpuHours = Wire.Hours(decided.Request.GpuSeconds),
            ExpiresAt = decided.Grant?.ExpiresAt,
            Code = decided.Explanation.Reasons is [var first, ..] ? first.Code : null,
            Message = decided.Explanation.Reasons is [var reason, ..]
                ? language == Korean.Language
                    ? reason.MessageKo
                    : reason.Message
                : null,
        };

    private static SignUpRedemptionView Refused(string code, string? message) =>
        new()
        {
            Status = SignUpRedemptionView.Refused,
            Code = code,
            Message = message,
        };
}
