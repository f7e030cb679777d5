using CsCheck;

namespace GpuGrants.Tests.Quotas;

public class PolicyWriterTests
{
    [Fact]
    public void What_is_written_reads_back_as_the_same_document() =>
        Documents.All.Sample(document =>
        {
            var json = PolicyWriter.Write(document);
            var (read, problems) = PolicyParser.Parse(json);
            Assert.Empty(problems);
            Assert.True(PolicyDiff.Between(document, read!).IsEmpty);
            Assert.Equal(json, PolicyWriter.Write(read!));
            Assert.Equal(Counted(document), Counted(read!));
        });

    [Fact]
    public void Defaults_are_left_out_and_amounts_with_decimals_are_text()
    {
        var json = PolicyWriter.Write(
            Quota
                .Published(
                    Quota.Document(
                        Quota.Rule(
                            """
                            "title":"시작 지원","measure":"gpu-hours-granted","window":{"kind":"rolling","duration":"PT36H"},"limit":{"gpuHours":12.50},"refund":false
                            """
                        )
                    )
                )
                .Document!
        );
        Assert.Equal(
            """
            {
              "rules": [
                {
                  "id": "r",
                  "title": "시작 지원",
                  "measure": "gpu-hours-granted",
                  "subject": {
                    "level": "organization"
                  },
                  "window": {
                    "kind": "rolling",
                    "duration": "P1DT12H"
                  },
                  "limit": {
                    "gpuHours": "12.5"
                  },
                  "outcome": "deny"
                }
              ]
            }
            """,
            json
        );
    }

    private static IEnumerable<string> Counted(PolicyDocument document) =>
        CompiledQuotas.Compile([World.Publish(document)], []).Rules.Select(rule => rule.Signature.Canonical);
}
