using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Http.Lists;
using GpuGrants.Api.Json;
using GpuGrants.Api.Ledger;
using GpuGrants.Api.Store;
using GpuGrants.Api.Usage;
using GpuGrants.Trees;
using GpuGrants.Usage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace GpuGrants.Api.Grants;

/// <summary>The usage records of one grant, and their corrections.</summary>
public static class UsageRecordEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapGet("/grants/{id:guid}/usage-records", ListAsync)
            .RequireScope(Scopes.Read)
            .Says("listUsageRecords", "List a grant's usage records", "Lists what its provider reported, as it was corrected last.")
            .ListsByChange<UsageRecordView>()
            .Refuses(404);
        v1.MapGet("/grants/{id:guid}/usage-records/{recordId:guid}", GetAsync)
            .RequireScope(Scopes.Read)
            .Says("getUsageRecord", "Read a usage record", "Shows the record with all that corrections replaced, and why.")
            .Answers<UsageRecordView>()
            .Refuses(404);
        v1.MapPost("/grants/{id:guid}/usage-records/{recordId:guid}/replace", ReplaceAsync)
            .RequireScope(Scopes.Provide)
            .Takes<UsageCorrectionBody>()
            .Idempotent()
            .Says(
                "replaceUsageRecord",
                "Correct a usage record",
                "An operator of the provider puts other figures in a record's place and states a reason. The difference moves in the ledger "
                    + "and in all quotas. Once the grant is settled, a correction only lowers usage. Once its earnings are payable, there is "
                    + "none. What comes back and finds no room in a limit on used hours returns to the programme."
            )
            .Speaks()
            .Answers<UsageRecordView>()
            .Refuses(404, 409, 412);
        v1.MapPost("/grants/{id:guid}/usage-records/{recordId:guid}/void", VoidAsync)
            .RequireScope(Scopes.Provide)
            .Takes<UsageVoidBody>()
            .Idempotent()
            .Says(
                "voidUsageRecord",
                "Void a usage record",
                "An operator of the provider takes back a record and states a reason. What it charged goes back to the grant, or to budget "
                    + "and offer once the grant is settled, or where a limit on used hours has no room for it."
            )
            .Speaks()
            .Answers<UsageRecordView>()
            .Refuses(404, 409, 412);
    }

    private static async Task<IResult> ListAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var grant = await GrantEndpoints.FindAsync(http, db, id);
        var rows = db.Set<UsageRecord>().Where(row => row.RootProgrammeId == grant.RootProgrammeId && row.GrantId == id);
        return TypedResults.Json(await http.PageAsync(rows, UsageRecordView.Of, created: nameof(UsageRecord.CreatedAt)), ApiJson.Options);
    }

    private static async Task<IResult> GetAsync(HttpContext http, GpuGrantsContext db, Guid id, Guid recordId)
    {
        var grant = await GrantEndpoints.FindAsync(http, db, id);
        var record =
            await db.Set<UsageRecord>()
                .AsNoTracking()
                .FirstOrDefaultAsync(
                    row =>
                        row.RootProgrammeId == grant.RootProgrammeId
                        && row.ProviderId == grant.ProviderId
                        && row.Id == recordId
                        && row.GrantId == id,
                    http.RequestAborted
                )
            ?? throw Problem.NotFound();
        var revisions = await db.Set<UsageRevision>()
            .AsNoTracking()
            .Where(row => row.RootProgrammeId == grant.RootProgrammeId && row.ProviderId == grant.ProviderId && row.RecordId == recordId)
            .OrderBy(row => row.Version)
            .ToListAsync(http.RequestAborted);
        return http.Found(UsageRecordView.Of(record) with { Revisions = [.. revisions.Select(UsageRevisionView.Of)] }, record.Version);
    }

    private static async Task<IResult> ReplaceAsync(HttpContext http, GpuGrantsContext db, Guid id, Guid recordId)
    {
        var grant = await OperatedAsync(http, db, id);
        var body = await http.BodyAsync(new CorrectionValidator());
        UsageReading.TryFromGpus(body.Gpus!.Value, out var milliGpus);
        var reading = new UsageReading(
            milliGpus,
            UsageItemBody.ToMicroseconds(body.StartedAt!.Value),
            UsageItemBody.ToMicroseconds(body.EndedAt!.Value)
        );
        return await CorrectAsync(http, db, grant, recordId, reading, body.Reason!);
    }

    private static async Task<IResult> VoidAsync(HttpContext http, GpuGrantsContext db, Guid id, Guid recordId)
    {
        var grant = await OperatedAsync(http, db, id);
        var body = await http.BodyAsync(new VoidValidator());
        return await CorrectAsync(http, db, grant, recordId, null, body.Reason!);
    }

    private static async Task<Grant> OperatedAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var grant = await GrantEndpoints.FindAsync(http, db, id);
        return http.Caller().Operates(grant.ProviderId)
            ? grant
            : throw Problem.Forbidden("Only operators of the grant's provider correct its usage records.");
    }

    private static async Task<IResult> CorrectAsync(
        HttpContext http,
        GpuGrantsContext db,
        Grant grant,
        Guid recordId,
        UsageReading? reading,
        string reason
    )
    {
        // It never changes, so it may be asked for before the tree is locked.
        if (
            grant.Mode == GrantMode.Reserved
            && await db.Set<UsageRecord>().AnyAsync(row => row.GrantId == grant.Id && row.Id == recordId && row.ByTime, http.RequestAborted)
        )
            throw new ProblemException(
                Problem.Document(
                    409,
                    "charged-by-time",
                    "The service charged this time of reserved GPUs. Report an outage, if they did not serve.",
                    "id"
                )
            );
        var language = http.Language();
        return await http.RunAsync(
            new CorrectUsage
            {
                Tree = TreeId.Of(grant.RootProgrammeId),
                Actor = http.Actor(),
                GrantId = grant.Id,
                ProviderId = grant.ProviderId,
                RecordId = recordId,
                Reading = reading,
                Reason = reason,
                ExpectedVersion = http.IfMatch(required: false),
                StandIn = http.StandIn(),
                Window = http.RequestServices.GetRequiredService<IOptions<LedgerOptions>>().Value.DisputeWindow,
            },
            corrected => Answer.Ok(View(corrected), corrected.Record.Version) with { Language = language }
        );

        UsageRecordView View(CorrectedUsage made) =>
            UsageRecordView.Of(made.Record) with
            {
                Returned = UsageReturnView.Of(made.Replaced.ReturnedGpuSeconds, made.ReturnReason, language),
            };
    }

    private sealed class CorrectionValidator : AbstractValidator<UsageCorrectionBody>
    {
        public CorrectionValidator()
        {
            RuleFor(body => body.Gpus).Gpus();
            RuleFor(body => body.StartedAt).NotNull().WithMessage("State when the use began.");
            RuleFor(body => body.EndedAt).NotNull().WithMessage("State when the use ended.");
            RuleFor(body => body.Reason).Text(2_000);
        }
    }

    private sealed class VoidValidator : AbstractValidator<UsageVoidBody>
    {
        public VoidValidator() => RuleFor(body => body.Reason).Text(2_000);
    }
}
