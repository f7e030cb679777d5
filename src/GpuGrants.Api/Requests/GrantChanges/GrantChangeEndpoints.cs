using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Grants;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Http.Idempotency;
using GpuGrants.Api.Json;
using GpuGrants.Api.Programmes;
using GpuGrants.Api.Requests.Lifecycle;
using GpuGrants.Api.Requests.Views;
using GpuGrants.Api.Store;
using GpuGrants.Trees;
using GpuGrants.Units;
using Microsoft.EntityFrameworkCore;

namespace GpuGrants.Api.Requests.GrantChanges;

/// <summary>The lives of grants, as far as rules decide them.</summary>
public static class GrantChangeEndpoints
{
    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/grants/{id:guid}/activate", ActivateAsync)
            .RequireScope(Scopes.Request)
            .AlsoThroughPartners()
            .Idempotent()
            .Asks(CommandExtensions.DryRun)
            .Speaks()
            .Says(
                "activateGrant",
                "Start a scheduled grant now",
                "A member of its organization starts it before its date. It keeps its length, and so ends earlier. The dates of programme "
                    + "and offer and the limits on use have to allow it: 409 says what does not. Where a rule asks for a review, an "
                    + "administrator of the programme makes this call. With dryRun=true nothing is written."
            )
            .Answers<GrantView>()
            .Refuses(404, 409, 412);
        v1.MapPost("/grants/{id:guid}/transfer", TransferAsync)
            .RequireScope(Scopes.Request)
            .AlsoThroughPartners()
            .Takes<TransferGrantBody>()
            .Idempotent()
            .Asks(CommandExtensions.DryRun)
            .Speaks()
            .Says(
                "transferGrant",
                "Hand a grant to another project or member",
                "A member of its organization hands it on within the organization. What is left of it counts for the new project or member "
                    + "from now on. Their limits have to allow it: 409 says which does not. "
                    + "Where a rule asks for a review, an administrator of "
                    + "the programme makes this call. With dryRun=true nothing is written."
            )
            .Answers<GrantView>()
            .Refuses(404, 409, 412);
        v1.MapPost("/grants/{id:guid}/top-up", TopUpAsync)
            .RequireScope(Scopes.Request)
            .AlsoThroughPartners()
            .Takes<TopUpBody>()
            .Idempotent()
            .Asks(CommandExtensions.DryRun)
            .Speaks()
            .Says(
                "topUpGrant",
                "Ask for more time of a grant",
                "A request for more GPU-hours at the grant's rate, decided at once by the same rules as any other. What no rule approves "
                    + "waits for a person. When the offer's rate is higher now, the answer says to renew the grant. "
                    + "A denial is an outcome: "
                    + "201. With dryRun=true nothing is written: 200."
            )
            .Answers<RequestView>(201)
            .Answers<RequestView>(200)
            .Refuses(404, 409, 412);
        v1.MapPost("/grants/{id:guid}/extend", ExtendAsync)
            .RequireScope(Scopes.Request)
            .AlsoThroughPartners()
            .Takes<ExtendBody>()
            .Idempotent()
            .Asks(CommandExtensions.DryRun)
            .Speaks()
            .Says(
                "extendGrant",
                "Ask for a later end of a grant",
                "A request for a later end, decided at once: by the dates of programme and offer, the longest grant, "
                    + "and the limits on use. "
                    + "A denial is an outcome: 201. With dryRun=true nothing is written: 200."
            )
            .Answers<RequestView>(201)
            .Answers<RequestView>(200)
            .Refuses(404, 409, 412);
        v1.MapPost("/grants/{id:guid}/renew", RenewAsync)
            .RequireScope(Scopes.Request)
            .AlsoThroughPartners()
            .Takes<RenewBody>()
            .Idempotent()
            .Asks(CommandExtensions.DryRun)
            .Speaks()
            .Says(
                "renewGrant",
                "Ask for a grant that continues another",
                "A request on the same offer at its present rate, from the end of the grant on. What is left out is as before. The "
                    + "programme may ask for a report. A denial is an outcome: 201. With dryRun=true nothing is written: 200."
            )
            .Answers<RequestView>(201)
            .Answers<RequestView>(200)
            .Refuses(404, 409, 412);
        v1.MapPost("/grants/{id:guid}/move", MoveAsync)
            .RequireScope(Scopes.Administer)
            .Takes<MoveGrantBody>()
            .Idempotent()
            .Conditional()
            .Asks(CommandExtensions.DryRun)
            .Speaks()
            .Says(
                "moveGrant",
                "Move a grant to another offer",
                "An administrator of the programme does it when a provider fails or withdraws. The grant's use ends. What is left goes on as "
                    + "a new grant, at the same rate or a lower one, on GPUs that its people accept. What may have been used and was "
                    + "not reported yet stays reserved on the old grant until that is settled. The rest of it goes on then. With dryRun=true "
                    + "nothing is written: 200."
            )
            .Answers<GrantView>(201)
            .Answers<GrantView>(200);
    }

    private static async Task<IResult> TopUpAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await GrantEndpoints.HeldAsync(http, db, id);
        var body = await http.BodyAsync(new TopUpValidator());
        var time = Wire.Time(body.GpuHours)!.Value;
        return await RequestEndpoints.AnswerAsync(http, Command(http, row, AskedChange.TopUp, time, null, body.Purpose));
    }

    private static async Task<IResult> ExtendAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await GrantEndpoints.HeldAsync(http, db, id);
        var body = await http.BodyAsync(new ExtendValidator());
        return await RequestEndpoints.AnswerAsync(http, Command(http, row, AskedChange.Extend, GpuTime.Zero, body.ExpiresAt, body.Purpose));
    }

    private static async Task<IResult> RenewAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await GrantEndpoints.HeldAsync(http, db, id);
        var body = await http.BodyAsync(new RenewValidator());
        var first = await db.Set<Request>()
            .AsNoTracking()
            .FirstAsync(one => one.RootProgrammeId == row.RootProgrammeId && one.Id == row.RequestId, http.RequestAborted);
        var (actor, caller, now, window) = (http.Actor(), http.Caller(), http.Now(), http.IndependenceWindow());
        SubmitRequest AskOf(Grant grant) =>
            new()
            {
                Tree = TreeId.Of(grant.RootProgrammeId),
                Actor = actor,
                ProgrammeId = grant.ProgrammeId,
                OrganizationId = grant.OrganizationId,
                ProjectId = grant.ProjectId,
                RenewsGrantId = grant.Id,
                Draft = body.ToDraft(grant, first, now),
                AcceptedTerms = caller.AcceptedTerms,
                Age = caller.Age,
                IndependenceWindow = window,
            };

        return await RequestEndpoints.AnswerAsync(
            http,
            new RenewGrant
            {
                Tree = TreeId.Of(row.RootProgrammeId),
                Actor = actor,
                GrantId = row.Id,
                Report = body.Report,
                ExpectedVersion = http.IfMatch(required: false),
                AskOf = AskOf,
            }
        );
    }

    private static async Task<IResult> MoveAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await GrantEndpoints.FindAsync(http, db, id);
        await ProgrammeEndpoints.AdministeredAsync(http, db, row.ProgrammeId);
        var body = await http.BodyAsync(new MoveValidator());
        var language = http.Language();
        var command = new MoveGrant
        {
            Tree = TreeId.Of(row.RootProgrammeId),
            Actor = http.Actor(),
            GrantId = row.Id,
            OfferId = body.OfferId!.Value,
            Reason = body.Reason!,
            Decider = http.Decider(),
            ExpectedVersion = http.IfMatch(),
        };
        return http.IsDryRun()
            ? await http.DryRunAsync(
                command,
                language,
                grant => new(Answer.Ok(GrantView.Of(grant) with { DryRun = true }) with { Language = language })
            )
            : await http.RunAsync(
                command,
                moved => Answer.Created($"/v1/grants/{moved.Id}", GrantView.Of(moved), moved.Version) with { Language = language }
            );
    }

    private static ChangeGrant Command(
        HttpContext http,
        Grant row,
        string change,
        GpuTime time,
        DateTimeOffset? expiresAt,
        string? purpose
    ) =>
        new()
        {
            Tree = TreeId.Of(row.RootProgrammeId),
            Actor = http.Actor(),
            GrantId = row.Id,
            Change = change,
            Time = time,
            ExpiresAt = expiresAt,
            Purpose = purpose,
            AcceptedTerms = http.Caller().AcceptedTerms,
            Age = http.Caller().Age,
            IndependenceWindow = http.IndependenceWindow(),
            ExpectedVersion = http.IfMatch(required: false),
        };

    private static async Task<IResult> ActivateAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var (row, isHeld) = await HeldOrAdministeredAsync(http, db, id);
        return await http.ChangeAsync(
            new ActivateGrant
            {
                Tree = TreeId.Of(row.RootProgrammeId),
                Actor = http.Actor(),
                GrantId = row.Id,
                Decider = isHeld ? null : http.Decider(),
                ExpectedVersion = http.IfMatch(required: false),
            },
            http.Language()
        );
    }

    private static async Task<IResult> TransferAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var (row, isHeld) = await HeldOrAdministeredAsync(http, db, id);
        var body = await http.BodyAsync(new TransferValidator());
        return await http.ChangeAsync(
            new TransferGrant
            {
                Tree = TreeId.Of(row.RootProgrammeId),
                Actor = http.Actor(),
                GrantId = row.Id,
                ProjectId = body.ProjectId,
                MemberId = body.MemberId,
                Reason = body.Reason,
                Decider = isHeld ? null : http.Decider(),
                ExpectedVersion = http.IfMatch(required: false),
            },
            http.Language()
        );
    }

    /// <summary>The grant, and whether the caller belongs to its organization. Others administer its programme.</summary>
    private static async Task<(Grant Row, bool IsHeld)> HeldOrAdministeredAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var row = await GrantEndpoints.FindAsync(http, db, id);
        if (http.Caller().BelongsTo(row.OrganizationId))
            return (row, true);
        return await AdministersAsync(http, db, row)
            ? (row, false)
            : throw Problem.Forbidden("Only members of the grant's organization, or administrators of the programme, may do this.");
    }

    private static async Task<bool> AdministersAsync(HttpContext http, GpuGrantsContext db, Grant row) =>
        http.Caller().Administers((await ProgrammeEndpoints.FindAsync(http, db, row.ProgrammeId)).Path);

    private sealed class TopUpValidator : AbstractValidator<TopUpBody>
    {
        public TopUpValidator()
        {
            RuleFor(body => body.GpuHours).GpuHours().WithMessage(AskBounds.Time);
            RuleFor(body => body.Purpose).Text(2_000, required: false);
        }
    }

    private sealed class ExtendValidator : AbstractValidator<ExtendBody>
    {
        public ExtendValidator()
        {
            RuleFor(body => body.ExpiresAt).NotNull().WithMessage("State the new end.");
            RuleFor(body => body.Purpose).Text(2_000, required: false);
        }
    }

    private sealed class RenewValidator : AbstractValidator<RenewBody>
    {
        public RenewValidator()
        {
            RuleFor(body => body.GpuHours).GpuHours(required: false).WithMessage(AskBounds.Time);
            RuleFor(body => body.Gpus).Between(1, 1_024).WithMessage("State 1 to 1,024 GPUs.");
            RuleFor(body => body.DurationDays).Between(1, 730).WithMessage("State 1 to 730 days.");
            RuleFor(body => body.Purpose).Text(2_000, required: false);
            RuleFor(body => body.Report).Text(8_000, required: false);
        }
    }

    private sealed class MoveValidator : AbstractValidator<MoveGrantBody>
    {
        public MoveValidator()
        {
            RuleFor(body => body.OfferId).NotNull().WithMessage("State the offer to which it goes.");
            RuleFor(body => body.Reason).Text(GrantEndpoints.MaxReason);
        }
    }

    private sealed class TransferValidator : AbstractValidator<TransferGrantBody>
    {
        public TransferValidator()
        {
            RuleFor(body => body)
                .Must(body => body.ProjectId is not null || body.MemberId is not null)
                .WithName("body")
                .WithMessage("State to whom it goes: projectId, memberId or both.");
            RuleFor(body => body.Reason).Text(GrantEndpoints.MaxReason, required: false);
        }
    }
}
