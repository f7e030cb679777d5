using GpuGrants.Api.Access.Independence;
using GpuGrants.Api.Events.Catalogue;
using GpuGrants.Api.Http.Callers;
using GpuGrants.Api.Requests.Lifecycle;

namespace GpuGrants.Api.Codes;

/// <summary>Makes the command by which somebody redeems a code.</summary>
internal static class CodeCalls
{
    /// <summary>What events say of a batch.</summary>
    public static CodeBatchData DataOf(CodeBatch row) =>
        new(row.Id, row.ProgrammeId, row.OfferId, row.Status, row.Count, row.Redeemed, row.Version);

    /// <param name="http">The call.</param>
    /// <param name="found">The code.</param>
    /// <param name="caller">Who redeems it.</param>
    /// <param name="organization">For which organization.</param>
    /// <param name="project">For which project of it; null for none.</param>
    public static RedeemCode Redeem(HttpContext http, FoundCode found, Caller caller, Guid organization, Guid? project) =>
        new()
        {
            Tree = found.Tree,
            Actor = caller.Actor,
            BatchId = found.Batch.Id,
            Number = found.Number,
            Ask = new SubmitRequest
            {
                Tree = found.Tree,
                Actor = caller.Actor,
                ProgrammeId = found.Batch.ProgrammeId,
                OrganizationId = organization,
                ProjectId = project,
                Draft = RedeemCode.DraftOf(found.Batch),
                AcceptedTerms = caller.AcceptedTerms,
                Age = caller.Age,
                IndependenceWindow = http.IndependenceWindow(),
            },
        };
}
