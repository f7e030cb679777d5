using FluentValidation;
using GpuGrants.Api.Access;
using GpuGrants.Api.Http;
using GpuGrants.Api.Http.Answering;
using GpuGrants.Api.Http.Bodies;
using GpuGrants.Api.Store;

namespace GpuGrants.Api.Ledger.Proposals;

/// <summary>Credits for a programme.</summary>
public sealed record FundBody
{
    public decimal? Credits { get; init; }

    /// <summary>The programme whose budget pays; a sponsor's new credits when left out.</summary>
    public Guid? FromProgrammeId { get; init; }

    /// <summary>Why, for the audit trail.</summary>
    public string? Reason { get; init; }
}

/// <summary>Credits that leave a programme for good.</summary>
public sealed record WriteOffBody
{
    public decimal? Credits { get; init; }

    /// <summary>Why, for the audit trail.</summary>
    public string? Reason { get; init; }
}

/// <summary>The two transfer proposals that are asked for most, at the programme that they are about.</summary>
public static class FundingEndpoints
{
    private const string Waits =
        " Above Ledger:SecondApprovalCredits the service answers 202 and holds the credits until another administrator approves the proposal.";

    public static void Map(RouteGroupBuilder v1)
    {
        v1.MapPost("/programmes/{id:guid}/fund", FundAsync)
            .RequireScope(Scopes.Administer)
            .Takes<FundBody>()
            .Idempotent()
            .Says(
                "fundProgramme",
                "Fund a programme",
                "Platform administrators enter a sponsor's new credits. A programme's administrators give credits of its "
                    + "budget to another programme of the tree."
                    + Waits
            )
            .Answers<TransferView>(201)
            .Produces<TransferProposalView>(202)
            .Refuses(404, 409);
        v1.MapPost("/programmes/{id:guid}/write-off", WriteOffAsync)
            .RequireScope(Scopes.Administer)
            .Takes<WriteOffBody>()
            .Idempotent()
            .Says("writeOff", "Write credits off", "Moves credits from the programme's budget to breakage." + Waits)
            .Answers<TransferView>(201)
            .Produces<TransferProposalView>(202)
            .Refuses(404, 409);
    }

    private static async Task<IResult> FundAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var body = await http.BodyAsync(new FundValidator());
        var kind = body.FromProgrammeId is null ? ProposalKinds.Fund : ProposalKinds.Transfer;
        return await ProposeAsync(
            http,
            db,
            new ProposalBody
            {
                Kind = kind,
                ProgrammeId = id,
                FromProgrammeId = body.FromProgrammeId,
                Credits = body.Credits,
                Reason = body.Reason,
            }
        );
    }

    private static async Task<IResult> WriteOffAsync(HttpContext http, GpuGrantsContext db, Guid id)
    {
        var body = await http.BodyAsync(new WriteOffValidator());
        return await ProposeAsync(
            http,
            db,
            new ProposalBody
            {
                Kind = ProposalKinds.WriteOff,
                ProgrammeId = id,
                Credits = body.Credits,
                Reason = body.Reason,
            }
        );
    }

    private static Task<IResult> ProposeAsync(HttpContext http, GpuGrantsContext db, ProposalBody body) =>
        ProposalCalls.ProposeAsync(http, db, body, "id", Render);

    private static Answer Render(TransferProposed made) =>
        made.Proposal.ExpiresAt is null
            ? Answer.Created($"/v1/transfers/{made.Transfer.Id}", TransferView.Of(TransferRow.Of(made.Transfer)))
            : Answer.Accepted($"/v1/transfer-proposals/{made.Proposal.Id}", TransferProposalView.Of(made.Proposal));

    private sealed class FundValidator : AbstractValidator<FundBody>
    {
        public FundValidator()
        {
            RuleFor(body => body.Credits).Credits().WithMessage(ProposalValidator.AmountRule);
            RuleFor(body => body.Reason).Text(2_000);
        }
    }

    private sealed class WriteOffValidator : AbstractValidator<WriteOffBody>
    {
        public WriteOffValidator()
        {
            RuleFor(body => body.Credits).Credits().WithMessage(ProposalValidator.AmountRule);
            RuleFor(body => body.Reason).Text(2_000);
        }
    }
}
